// node run_v8.cjs FILE.wasm: call every exported function, without arguments,
// in order. Each gives one line, as of run_calls: "ok" and the result's bits,
// or "trap" and V8's text; the first line tells so of the instantiation.
'use strict';
const fs = require('fs');

const lines = [];
function attempt(work) {
	try {
		const value = work();
		lines.push(value === undefined ? 'ok' :
			'ok ' + BigInt.asUintN(typeof value === 'bigint' ? 64 : 32,
				BigInt(value)).toString(16));
	} catch (error) {
		lines.push('trap ' + error.message);
	}
}

const compiled = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
let instance;
attempt(() => { instance = new WebAssembly.Instance(compiled, {}); });
if (instance !== undefined) {
	for (const item of WebAssembly.Module.exports(compiled))
		attempt(instance.exports[item.name]);
}
process.stdout.write(lines.join('\n') + '\n');

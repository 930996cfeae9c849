"""Run one WebAssembly module in three engines and compare what they did.

Ours: the translator's image in a Linux process (builder/test/run_calls),
which gets the calls as they are. V8 (node, where the host has it) and wabt's
wasm-interp get a driver: the same module, whose only exports make the same
calls in the same order, with the arguments written into them and floats
returned by their bits, since neither JavaScript nor text keeps a NaN's.
"""
import collections
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = 60  # for one engine and one module

# An exported function's name, and the parameters' and results' types.
Func = collections.namedtuple('Func', 'name params results')
# A call: args by their bits. rule: how results compare: 'exact', 'nan' (see
# nan_allowed), or 'unless-trapped', when the call before did not trap.
Call = collections.namedtuple('Call', 'func args rule', defaults=['exact'])

BITS = {'i32': 32, 'f32': 32, 'i64': 64, 'f64': 64}
FRACTION = {'f32': 23, 'f64': 52}

# What engines say, and the traps of abi/fault.h that they can mean by it.
TRAPS = [
    ('maximum call stack', ['exhaustion']),
    ('call stack exhausted', ['exhaustion']),
    ('unreachable', ['unreachable']),
    ('memory access', ['memory']),
    ('data segment', ['memory']),
    ('memory.', ['memory']),
    ('unrepresentable in integer', ['overflow', 'conversion']),
    ('invalid conversion', ['conversion']),
    ('result unrepresentable', ['overflow']),
    ('integer overflow', ['overflow']),
    ('by zero', ['zero']),
    ('null function or function signature', ['null', 'type']),
    ('signature mismatch', ['type']),
    ('type mismatch', ['type']),
    ('uninitialized', ['null']),
    ('undefined element', ['table']),
    ('table', ['table']),
]


class Failure(Exception):
    """An engine could not run the module at all."""


class Trap(frozenset):
    """The kinds of trap that it may have been."""


def trap_of(text):
    for words, kinds in TRAPS:
        if words in text.lower():
            return Trap(kinds)
    raise Failure('unknown trap: ' + text)


# --- Text ---
def float_text(kind, bits):
    fraction = bits & ((1 << FRACTION[kind]) - 1)
    exponent = bits >> FRACTION[kind] & (0xff if kind == 'f32' else 0x7ff)
    sign = '-' if bits >> (BITS[kind] - 1) else ''
    bias = 127 if kind == 'f32' else 1023
    if exponent == 2 * bias + 1:
        return sign + ('nan:%#x' % fraction if fraction else 'inf')
    lead, power = (1, exponent - bias) if exponent else (0, 1 - bias)
    # Whole digits: a fraction of 23 bits is one of 24.
    digits = (FRACTION[kind] + 3) // 4
    fraction <<= 4 * digits - FRACTION[kind]
    return '%s0x%d.%0*xp%+d' % (sign, lead, digits, fraction, power)


def const(kind, bits):
    text = float_text(kind, bits) if kind in FRACTION else str(bits)
    return '(%s.const %s)' % (kind, text)


def as_bits(kind, text):
    """An expression of this type, and its type, with floats as integers."""
    if kind in FRACTION:
        to = 'i' + kind[1:]
        return to, '(%s.reinterpret_%s %s)' % (to, kind, text)
    return kind, text


def driver(calls):
    """The functions that make the calls; names are $NAME of the exports."""
    out = []
    for number, call in enumerate(calls):
        text = '(call $%s %s)' % (call.func.name, ' '.join(
            map(const, call.func.params, call.args)))
        result = ''
        if call.func.results:
            kind, text = as_bits(call.func.results[0], text)
            result = '(result %s)' % kind
        out.append('(func $call.%d (export "c%d") %s %s)' % (
            number, number, result, text))
    return '\n'.join(out)


# A function that hashes all memory, for the end of a list of calls.
HASH = Func('az.hash', (), ('i64',))
HASH_TEXT = '''(func $az.hash %s (result i64) (local $at i32) (local $h i64)
(local $end i32)
(local.set $end (i32.mul (memory.size) (i32.const 65536)))
(loop $next
(local.set $h (i64.mul (i64.add (i64.rotl (local.get $h) (i64.const 5))
(i64.load (local.get $at))) (i64.const 0x9e3779b97f4a7c15)))
(local.set $at (i32.add (local.get $at) (i32.const 8)))
(br_if $next (i32.lt_u (local.get $at) (local.get $end))))
(local.get $h))'''


# --- Engines ---
def execute(argv, text=None):
    """The output, or what was written before time ran out."""
    try:
        done = subprocess.run(argv, input=text, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b'').decode(), True
    if done.returncode != 0 and not done.stdout:
        raise Failure('%s: result %d: %s' % (
            argv[0], done.returncode, done.stderr[-400:]))
    return done.stdout, False


def parse_lines(output):
    """Outcomes as run_calls and run_v8 print them; None: it went well."""
    for line in output.splitlines():
        word, _, rest = line.partition(' ')
        if word == 'trap':
            yield trap_of(rest)
        else:
            yield int(rest, 16) if rest else None


class Ours:
    name = 'azoth'

    def __init__(self, out):
        self.work = os.path.join(out, 'work')
        self.program = os.path.join(out, 'run_calls')
        os.makedirs(self.work, exist_ok=True)
        fresh = '%s-%d' % (self.program, os.getpid())
        # No sanitizer in the harness: module text faults on purpose.
        script = '''make -s out/bin/azoth && gcc-12 -std=gnu2x -O1 -g \\
            -D_GNU_SOURCE -Ikernel -Ibuilder -o "$1" \\
            builder/test/run_calls.c builder/test/instance.c \\
            kernel/task/tables.c kernel/wasm/table.c \\
            kernel/wasm/x86_64/stub.c \\
            $(ls out/obj/host/builder/*.o | grep -v /main.o) \\
            $(find out/obj/host/kernel -name "*.o") \\
            -lyaml -lelf -lz -lbearssl -ljansson'''
        subprocess.run(['sh', '-c', script, 'sh', fresh], cwd=ROOT, check=True)
        os.replace(fresh, self.program)

    def run(self, module, _driver, calls):
        text = ''.join('%s %s\n' % (
            c.func.name, ' '.join('%x' % a for a in c.args)) for c in calls)
        output, late = execute([self.program, self.work, module], text)
        return list(parse_lines(output)), late


class V8:
    name = 'v8'

    def run(self, _module, driven, _calls):
        output, late = execute(
            ['node', os.path.join(ROOT, 'builder/test/run_v8.cjs'), driven])
        return list(parse_lines(output)), late


class Interp:
    name = 'wasm-interp'
    LINE = re.compile(r'c\d+\(\) =>(?: error: (.*)| i(?:32|64):(\d+))?')

    def run(self, _module, driven, _calls):
        output, late = execute(['wasm-interp', '--run-all-exports', driven])
        outcomes = [None]
        for line in output.splitlines():
            found = self.LINE.match(line)
            if not found:
                outcomes[0] = trap_of(line)
            elif found[1]:
                outcomes.append(trap_of(found[1]))
            else:
                outcomes.append(int(found[2]) if found[2] else None)
        return outcomes, late


def find_engines(out):
    engines = [Ours(out)]
    if shutil.which('node'):
        engines.append(V8())
    engines.append(Interp())
    return engines


# --- Comparison ---
def is_nan(kind, bits):
    return bits & ((1 << (BITS[kind] - 1)) - 1) > infinity(kind)


def infinity(kind):
    return (0xff << 23) if kind == 'f32' else (0x7ff << 52)


def nan_allowed(call, bits):
    """Whether WebAssembly lets this operation give this NaN: a canonical one
    when no operand is another kind of NaN, and any quiet one otherwise."""
    kind = call.func.results[0]
    quiet = infinity(kind) | 1 << (FRACTION[kind] - 1)
    for operand, value in zip(call.func.params, call.args):
        if operand not in FRACTION:
            continue
        canonical = infinity(operand) | 1 << (FRACTION[operand] - 1)
        plain = value & ((1 << (BITS[operand] - 1)) - 1)
        if is_nan(operand, value) and plain != canonical:
            return bits & quiet == quiet
    return bits & ((1 << (BITS[kind] - 1)) - 1) == quiet


def agree(call, outcomes):
    first = outcomes[0]
    if any(isinstance(o, Trap) for o in outcomes):
        return all(isinstance(o, Trap) for o in outcomes) and \
            bool(frozenset.intersection(*outcomes))
    if call and call.rule == 'nan' and None not in outcomes and \
            any(is_nan(call.func.results[0], o) for o in outcomes):
        return all(is_nan(call.func.results[0], o) and nan_allowed(call, o)
                   for o in outcomes)
    return all(o == first for o in outcomes)


def show(outcome):
    if isinstance(outcome, Trap):
        return 'trap ' + '/'.join(sorted(outcome))
    return 'nothing' if outcome is None else '%#x' % outcome


class Tally:
    """Counts of a run: checks that were made, those that were not and why."""

    def __init__(self, engines):
        self.engines = engines
        self.agreed = self.traps = self.differences = 0
        self.left = collections.Counter()

    def differ(self, name, text):
        self.differences += 1
        print('%s: %s' % (name, text), flush=True)

    def line(self, name, call, outcomes):
        what = 'instantiation' if call is None else '%s(%s)' % (
            call.func.name, ', '.join('%#x' % a for a in call.args))
        self.differ(name, what + ': ' + ', '.join(
            '%s %s' % (e.name, show(o))
            for e, o in zip(self.engines, outcomes)))

    def compare(self, name, module, driven, calls):
        """Run the module everywhere; the files are ours and the driver's."""
        before = self.differences
        try:
            runs = [e.run(module, driven, calls) for e in self.engines]
        except Failure as failure:
            self.differ(name, str(failure))
            return False
        todo = [None] + list(calls)
        trapped = False
        for number, call in enumerate(todo):
            if any(len(outcomes) <= number for outcomes, _ in runs):
                self.stop(name, runs, len(todo) - number)
                break
            seen = [outcomes[number] for outcomes, _ in runs]
            if any(isinstance(o, Trap) and 'exhaustion' in o for o in seen):
                # How deep a stack is, is each engine's own affair; what a
                # call left behind before it ended then differs too.
                self.left['after a stack ran out'] += len(todo) - number
                break
            if trapped and call.rule == 'unless-trapped':
                self.left['globals after a trap'] += 1
                trapped = False
                continue
            if not agree(call, seen):
                self.line(name, call, seen)
                break
            self.agreed += 1
            trapped = isinstance(seen[0], Trap)
            self.traps += trapped
            if call is None and trapped:
                break
        return self.differences == before

    def stop(self, name, runs, count):
        """Some engine has no more outcomes: ours may only be late when
        another one is, and none may end early."""
        late = [was_late for _, was_late in runs]
        if any(late[1:]):
            self.left['after time ran out'] += count
            return
        self.differ(name, 'outcomes: ' + ', '.join(
            '%s %d%s' % (e.name, len(outcomes), ' and late' * was_late)
            for e, (outcomes, was_late) in zip(self.engines, runs)))

    def print(self):
        for why, count in sorted(self.left.items()):
            print('%d not compared: %s' % (count, why))
        print('%s: %d checks agree, %d of them traps' % (
            ', '.join(e.name for e in self.engines), self.agreed, self.traps))

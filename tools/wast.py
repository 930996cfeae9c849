"""A script of WebAssembly's test suite as groups of modules to be linked.

read(json of wast2json) gives a Script: its modules in groups that share
nothing, for each group the drivers of its assertions as a module in text, and
the calls that execute the script. What a module imports is another module's
or `spectest`'s; a module has the name m0, m1, ... here and its imports are
rewritten to that, so that every import means what it meant at its place."""
import json
import os
from pathlib import Path

FUNC, TABLE, MEMORY, GLOBAL = range(4)
TYPES = {0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64",
         0x70: "funcref", 0x6f: "externref", 0x7b: "v128"}
IMPORTS = 2
# A trap's words in the suite and its kind in kernel/abi/fault.h.
KINDS = {
    "unreachable": "UNREACHABLE",
    "out of bounds memory access": "OOB",
    "integer overflow": "INT_OVERFLOW",
    "integer divide by zero": "DIV_BY_ZERO",
    "invalid conversion to integer": "INVALID_CONVERSION",
    "uninitialized element": "INDIRECT_NULL",
    "uninitialized element 2": "INDIRECT_NULL",
    "indirect call type mismatch": "INDIRECT_TYPE",
    "out of bounds table access": "TABLE_OOB",
    "undefined element": "UNDEFINED",
    "call stack exhausted": "EXHAUSTION",
}
ASSERTIONS = ("assert_return", "assert_trap", "assert_uninstantiable",
              "assert_exhaustion", "assert_unlinkable")

# Modules without a memory share a group, for fewer and larger compilations.
GROUP_MEMBERS, GROUP_TABLES = 48, 12
TABLES_MAX = 63  # of any group, beside spectest's

SPECTEST = """(module
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (func (export "print"))
  (func (export "print_i32") (param i32))
  (func (export "print_i64") (param i64))
  (func (export "print_f32") (param f32))
  (func (export "print_f64") (param f64))
  (func (export "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (param f64 f64))
"""
SPECTEST_STATE = {"table": '(table (export "table") 10 20 funcref)',
                  "memory": '(memory (export "memory") 1 2)'}


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def u32(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def name(self):
        return self.take(self.u32())

    def limits(self):
        return [self.u32() for _ in range(1 + (self.byte() & 1))]


def u32(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def name_bytes(name):
    return u32(len(name)) + name


class Binary:
    """What a driver needs to know of a module: imports and exports."""

    def __init__(self, data):
        self.data = data
        self.types, self.funcs, self.globals = [], [], []
        self.imports, self.exports = [], {}
        self.tables = self.memories = 0
        self.sections = []
        at = Bytes(data)
        at.at = 8
        while at.at < len(data):
            start = at.at
            number = at.byte()
            body = Bytes(at.take(at.u32()))
            self.sections.append((number, start, at.at))
            read = {1: self.read_types, IMPORTS: self.read_imports,
                    3: self.read_funcs, 4: self.read_tables,
                    5: self.read_memories, 6: self.read_globals,
                    7: self.read_exports}.get(number)
            if read:
                read(body)

    def read_types(self, at):
        for _ in range(at.u32()):
            at.byte()
            self.types.append(tuple(
                tuple(TYPES[at.byte()] for _ in range(at.u32()))
                for _ in range(2)))

    def read_imports(self, at):
        for _ in range(at.u32()):
            module, name, kind, start = at.name(), at.name(), at.byte(), at.at
            if kind == FUNC:
                self.funcs.append(self.types[at.u32()])
            elif kind == TABLE:
                at.byte()
                at.limits()
                self.tables += 1
            elif kind == MEMORY:
                at.limits()
                self.memories += 1
            else:
                self.globals.append((TYPES[at.byte()], at.byte()))
            self.imports.append((module, name, kind, at.data[start:at.at]))

    def read_funcs(self, at):
        self.funcs += [self.types[at.u32()] for _ in range(at.u32())]

    def read_tables(self, at):
        self.tables += at.u32()

    def read_memories(self, at):
        self.memories += at.u32()

    def read_globals(self, at):
        """Types only; an initial value ends with 0x0b behind its operand."""
        for _ in range(at.u32()):
            self.globals.append((TYPES[at.byte()], at.byte()))
            while (code := at.byte()) != 0x0b:
                if code in (0x43, 0x44):
                    at.take(4 if code == 0x43 else 8)
                elif code == 0xd0:
                    at.byte()
                else:
                    at.u32()

    def read_exports(self, at):
        for _ in range(at.u32()):
            name, kind, index = at.name(), at.byte(), at.u32()
            self.exports[name] = kind, index

    def with_imports_from(self, names):
        """The same module, its imports from names[module] instead."""
        out = b""
        for number, start, end in self.sections:
            if number != IMPORTS:
                out += self.data[start:end]
                continue
            body = u32(len(self.imports)) + b"".join(
                name_bytes(names.get(module, module)) + name_bytes(name) +
                bytes([kind]) + rest
                for module, name, kind, rest in self.imports)
            out += bytes([IMPORTS]) + name_bytes(body)
        return self.data[:8] + out


def quoted(name):
    return '"' + "".join("\\%02x" % byte for byte in name) + '"'


class Driver:
    """The module that makes a group's calls: one function for each."""

    def __init__(self):
        self.imports, self.functions, self.known = [], [], {}
        self.callers = []  # functions here that call one under test

    def external(self, member, binary, field):
        """The name here of an export, and its type."""
        kind, index = binary.exports[field]
        key = member, field
        if key not in self.known:
            self.known[key] = "$x%d" % len(self.known)
            if kind == FUNC:
                params, results = binary.funcs[index]
                what = f"(func {self.known[key]} (param {' '.join(params)})" \
                       f" (result {' '.join(results)}))"
            else:
                type_, mutable = binary.globals[index]
                what = f"(mut {type_})" if mutable else type_
                what = f"(global {self.known[key]} {what})"
            self.imports.append(
                f'(import "{member}" {quoted(field)} {what})')
        if kind == FUNC:
            return self.known[key], binary.funcs[index][1]
        return self.known[key], (binary.globals[index][0],)

    def add(self, name, params, results, body):
        self.functions.append(
            f'(func (export "{name}") (param {" ".join(params)})'
            f' (result {" ".join(results)})\n  {body})')

    def text(self):
        return "\n".join(["(module", *self.imports,
                          '(func (export "_start"))', *self.functions, ")"])


def constant(arg, params):
    """An argument as an instruction; opaque references become parameters."""
    type_, value = arg["type"], arg["value"]
    if value == "null":
        return f"(ref.null {type_.removesuffix('ref')})"
    if type_ == "externref":
        params.append(int(value) + 1)
        return f"(local.get {len(params) - 1})"
    if type_ in ("f32", "f64"):
        return f"({type_}.reinterpret_i{type_[1:]} (i{type_[1:]}.const {value}))"
    return f"({type_}.const {value})"


def fits(want, got):
    """Whether the value `got` is the wanted one, as an instruction."""
    type_, value = want["type"], want.get("value")
    if type_ in ("funcref", "externref"):
        test = f"(ref.is_null {got})"
        return test if value == "null" else f"(i32.eqz {test})"
    bits = type_.replace("f", "i")
    if type_ != bits:
        got = f"({bits}.reinterpret_{type_} {got})"
    quiet = 0x7fc00000 if type_ == "f32" else 0x7ff8000000000000
    magnitude = 0x7fffffff if type_ == "f32" else 0x7fffffffffffffff
    if value == "nan:canonical":
        got, value = f"({bits}.and {got} ({bits}.const {magnitude}))", quiet
    elif value == "nan:arithmetic":
        got, value = f"({bits}.and {got} ({bits}.const {quiet}))", quiet
    return f"({bits}.eq {got} ({bits}.const {value}))"


class Member:
    """A module of the script, and a node of its group."""

    def __init__(self, number, command, folder):
        self.name, self.line = f"m{number}", command["line"]
        self.number, self.leader = number, self
        self.path = os.path.join(folder, command["filename"])
        self.binary = Binary(Path(self.path).read_bytes())
        self.state = set()  # of spectest, that it shares
        self.needs = []     # members that it imports from

    def root(self):
        while self.leader is not self:
            self.leader = self.leader.leader
            self = self.leader
        return self

    def join(self, other):
        a, b = self.root(), other.root()
        if a is not b:
            max(a, b, key=lambda m: m.number).leader = \
                min(a, b, key=lambda m: m.number)


class Call:
    """A line of a group's script. assertion: its type, or "" for what only
    prepares for others."""

    def __init__(self, member, command, words, want):
        self.member, self.words, self.want = member, words, want
        self.line, self.type = command["line"], command["type"]
        self.assertion = self.type if self.type in ASSERTIONS else ""


class Group:
    def __init__(self, name):
        self.name, self.members, self.calls = name, [], []
        self.driver = Driver()

    def state(self):
        return sorted(set().union(*(m.state for m in self.members)))

    def has_memory(self):
        return any(m.binary.memories for m in self.members)

    def tables(self):
        return sum(m.binary.tables for m in self.members)


class Script:
    """commands -> members, calls -> groups. unlinkable: (command, member).
    wrong: ask of every assertion what must not be. together: modules that
    share nothing in one group, too."""

    def __init__(self, path, wrong=False, together=False):
        self.folder, self.wrong = os.path.dirname(path), wrong
        self.together = together
        self.members, self.calls, self.unlinkable = [], [], []
        self.named, self.registered = {}, {}
        self.current = None
        self.actions = []
        for command in json.loads(Path(path).read_text())["commands"]:
            handler = getattr(self, "on_" + command["type"], None)
            if handler:
                handler(command)
        self.groups = self.make_groups()
        for call, command in self.actions:
            self.write_action(call, command)

    def member(self, command, number):
        """A module at its place: what it imports is settled."""
        m = Member(number, command, self.folder)
        names = {}
        for module, name, kind, _ in m.binary.imports:
            word = module.decode(errors="replace")
            if word in self.registered:
                provider = self.registered[word]
                names[module] = provider.name.encode()
                m.needs.append(provider)
            elif word == "spectest" and kind in (TABLE, MEMORY):
                m.state.add(name.decode(errors="replace"))
        m.state &= set(SPECTEST_STATE)
        m.bytes = m.binary.with_imports_from(names)
        return m

    def trap(self, command):
        return "trap:" + ("NONE" if self.wrong else KINDS[command["text"]])

    def add_module(self, command, want):
        m = self.member(command, len(self.members))
        self.members.append(m)
        self.calls.append(Call(m, command, [f'"init {m.name}"'], want))
        return m

    def on_module(self, command):
        self.current = self.add_module(command, "void")
        if "name" in command:
            self.named[command["name"]] = self.current

    def on_assert_uninstantiable(self, command):
        self.add_module(command, self.trap(command))

    def on_assert_unlinkable(self, command):
        self.unlinkable.append(
            (command, self.member(command, len(self.members))))

    def on_register(self, command):
        m = self.named[command["name"]] if "name" in command else self.current
        self.registered[command["as"]] = m

    def on_action(self, command):
        action = command["action"]
        m = self.named[action["module"]] if "module" in action \
            else self.current
        call = Call(m, command, [], "void")
        self.calls.append(call)
        self.actions.append((call, command))

    def on_assert_trap(self, command):
        self.on_action(command)
        self.calls[-1].want = self.trap(command)

    on_assert_exhaustion = on_assert_trap
    on_assert_return = on_action

    # --- Groups ---------------------------------------------------------------
    def make_groups(self):
        """Modules that share nothing apart, as far as it matters."""
        sharers, tables = {}, 0
        leader = self.members[0] if self.members else None
        for m in self.members:
            if self.together:
                tables += m.binary.tables
                if tables > TABLES_MAX:
                    leader, tables = m, m.binary.tables
                m.join(leader)
            for other in m.needs:
                m.join(other)
            for thing in m.state:
                m.join(sharers.setdefault(thing, m))
        parts = {}
        for m in self.members:
            parts.setdefault(m.root(), []).append(m)
        groups, small = [], None
        for members in parts.values():
            group = Group(f"g{len(groups)}")
            group.members = members
            if not group.has_memory() and small and \
                    len(small.members) + len(members) <= GROUP_MEMBERS and \
                    small.tables() + group.tables() <= GROUP_TABLES:
                small.members += members
                continue
            groups.append(group)
            if not group.has_memory():
                small = group
        for group in groups:
            group.members.sort(key=lambda m: m.number)
            for m in group.members:
                m.group = group
        for call in self.calls:
            call.member.group.calls.append(call)
        return groups

    # --- Calls ----------------------------------------------------------------
    def write_action(self, call, command):
        """The driver's function for an action, and what must come of it."""
        action, driver = command["action"], call.member.group.driver
        name, given = f"a{len(driver.functions)}", []
        target, results = driver.external(
            call.member.name, call.member.binary, action["field"].encode())
        if action["type"] == "get":
            body = f"(global.get {target})"
        else:
            body = " ".join(constant(a, given) for a in action["args"])
            body = f"(call {target} {body})"
            driver.callers.append(name)
        params = ["externref"] * len(given)
        if command["type"] != "assert_return":
            body = body + " (drop)" * len(results)
            driver.add(name, params, [], body)
        else:
            call.want = self.compare(
                driver, name, params, results, body, command["expected"])
        call.words = [name, *map(str, given)]

    def compare(self, driver, name, params, results, body, expected):
        """An opaque reference goes out as it is; all else is compared by
        the driver, which gives 1."""
        if len(expected) != len(results):
            raise ValueError(f"{len(results)} results, not {len(expected)}")
        if [e["type"] for e in expected] == ["externref"] and \
                expected[0]["value"] != "null":
            driver.add(name, params, results, body)
            return str(int(expected[0]["value"]) + 1 + self.wrong)
        if not expected:
            driver.add(name, params, ["i32"],
                       f"{body} (i32.const {int(not self.wrong)})")
            return "1"
        first = len(params)
        sets = "".join(f" (local.set {first + i})"
                       for i in reversed(range(len(results))))
        tests = [fits(e, f"(local.get {first + i})")
                 for i, e in enumerate(expected)]
        test = tests[0]
        for other in tests[1:]:
            test = f"(i32.and {test} {other})"
        if self.wrong:
            test = f"(i32.eqz {test})"
        driver.add(name, params, ["i32"],
                   f"(local {' '.join(results)}) {body}{sets}\n  {test}")
        return "1"


def spectest(state):
    """The text of the module `spectest`, with what of its state is shared."""
    return SPECTEST + "\n".join(SPECTEST_STATE[s] for s in state) + ")\n"

// ping: plays a few balls against pong.

@external("game", "hit")
declare function hit(height: u32, result: usize): i32;
@external("game", "say")
declare function say(
  text: usize,
  textLen: u32,
  result: usize,
  resultMax: u32,
  resultLen: usize,
): i32;
@external("azoth", "log")
declare function log(level: i32, text: usize, len: u32): i32;
@external("azoth", "power")
declare function power(operation: i32): i32;

const INFO: i32 = 3;
const HALT: i32 = 1;

function print(text: string): void {
  const bytes = String.UTF8.encode(text);

  log(INFO, changetype<usize>(bytes), bytes.byteLength);
}

const height = memory.data(4);
const said = memory.data(8);
const len = memory.data(4);

function play(at: u32): void {
  store<u32>(height, 0);
  const status = hit(at, height);

  print(`hit ${at}: status ${status}, height ${load<u32>(height)}`);
}

play(3);
play(0);
play(12);

const text = String.UTF8.encode("tpircSA");
if (say(changetype<usize>(text), 7, said, 8, len) == 0)
  print("pong says " + String.UTF8.decodeUnsafe(said, load<u32>(len)));
power(HALT);

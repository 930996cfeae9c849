// pong: serves the interface game, in AssemblyScript, as `azoth bindings`
// lowers it: a status, and what is returned through pointers into the inbox.

// What a call copies lies here: 16 KiB below --memoryBase.
export const az_window_inbox: i32 = 4096;

const NET: i32 = 1;
const OUT: i32 = 2;

export function hit(height: u32, result: usize): i32 {
  if (height == 0) return NET;
  if (height > 9) return OUT;
  store<u32>(result, 10 - height);
  return 0;
}

export function say(
  text: usize,
  textLen: u32,
  result: usize,
  resultMax: u32,
  resultLen: usize,
): i32 {
  if (textLen > resultMax) return OUT;
  for (let i: u32 = 0; i < textLen; i++)
    store<u8>(result + i, load<u8>(text + textLen - 1 - i));
  store<u32>(resultLen, textLen);
  return 0;
}

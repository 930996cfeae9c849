//! ping: plays a few balls against pong.
#[link(wasm_import_module = "game")]
extern "C" {
    fn hit(height: u32, result: *mut u32) -> i32;
    fn say(
        text: *const u8,
        text_len: usize,
        result: *mut u8,
        result_max: usize,
        result_len: *mut u32,
    ) -> i32;
}

#[link(wasm_import_module = "azoth")]
extern "C" {
    fn power(operation: i32) -> i32;
}

fn main() {
    for at in [3, 0, 12] {
        let mut height = 0;
        let status = unsafe { hit(at, &mut height) };
        println!("hit {}: status {}, height {}", at, status, height);
    }
    let mut text = [0u8; 8];
    let mut len = 0;
    let status = unsafe { say(b"tsuR".as_ptr(), 4, text.as_mut_ptr(), 8, &mut len) };
    if status == 0 {
        println!("pong says {}", String::from_utf8_lossy(&text[..len as usize]));
    }
    unsafe { power(1) };
}

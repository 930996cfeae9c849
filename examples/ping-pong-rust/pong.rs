//! pong: serves the interface game, in Rust, as `azoth bindings` lowers it: a
//! status, and what is returned through pointers into the inbox.
#![no_std]
#![no_main]

use core::slice;

/// What a call copies lies here; see AZ_WINDOW in azoth.h.
#[repr(align(4096))]
pub struct Window([u8; 16384]);
#[no_mangle]
pub static mut az_window_inbox: Window = Window([0; 16384]);

const NET: i32 = 1;
const OUT: i32 = 2;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[no_mangle]
pub extern "C" fn hit(height: u32, result: &mut u32) -> i32 {
    match height {
        0 => NET,
        1..=9 => {
            *result = 10 - height;
            0
        }
        _ => OUT,
    }
}

/// # Safety
/// The gate passes ranges of the inbox, and no more than their lengths.
#[no_mangle]
pub unsafe extern "C" fn say(
    text: *const u8,
    text_len: usize,
    result: *mut u8,
    result_max: usize,
    result_len: &mut u32,
) -> i32 {
    if text_len > result_max {
        return OUT;
    }
    let from = slice::from_raw_parts(text, text_len);
    let to = slice::from_raw_parts_mut(result, text_len);
    for (a, b) in to.iter_mut().zip(from.iter().rev()) {
        *a = *b;
    }
    *result_len = text_len as u32;
    0
}

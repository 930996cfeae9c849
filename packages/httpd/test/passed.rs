//! passed: a handler for tests in Rust, by handler.wit alone: gives back the
//! path and the body that it was asked with.
#![no_std]
#![no_main]

use core::{mem::size_of, ptr, slice};

/// See AZ_WINDOW in azoth.h: the channel's arena, and where short lists lie.
#[repr(align(4096))]
pub struct Window<const SIZE: usize>([u8; SIZE]);
#[no_mangle]
pub static mut az_window_visits: Window<163840> = Window([0; 163840]);
#[no_mangle]
pub static mut az_window_inbox: Window<16384> = Window([0; 16384]);

const BAD_ARGUMENT: i32 = -8;

#[repr(C)]
#[derive(Clone, Copy)]
struct Request {
    method: u32,
    turn: u32,
    path: u32,
    query: u32,
    fields: u32,
}

#[repr(C)]
struct Answer {
    code: u32,
    again: u32,
    body: u32,
    content_type: u32,
    location: u32,
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// The path, and the body behind all that has a length in the head.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.get(size_of::<Request>()..)?;
    let head = unsafe { ptr::read_unaligned(bytes.as_ptr() as *const Request) };
    let before = (head.path as usize)
        .checked_add(head.query as usize)?
        .checked_add(head.fields as usize)?;
    Some((rest.get(..head.path as usize)?, rest.get(before..)?))
}

#[no_mangle]
pub unsafe extern "C" fn handle(
    request: *const u8,
    request_len: usize,
    result: *mut u8,
    result_max: usize,
    result_len: *mut u32,
) -> i32 {
    let (path, body) = match parts(slice::from_raw_parts(request, request_len)) {
        Some(found) => found,
        None => return BAD_ARGUMENT,
    };
    let start = size_of::<Answer>();
    let length = path.len() + body.len();
    if result_max < start || result_max - start < length {
        return BAD_ARGUMENT;
    }
    let answer = Answer { code: 201, again: 0, body: length as u32, content_type: 0, location: 0 };
    ptr::write_unaligned(result as *mut Answer, answer);
    ptr::copy_nonoverlapping(path.as_ptr(), result.add(start), path.len());
    ptr::copy_nonoverlapping(body.as_ptr(), result.add(start + path.len()), body.len());
    *result_len = (start + length) as u32;
    0
}

#[no_mangle]
pub unsafe extern "C" fn handle_once(
    request: *const u8,
    request_len: usize,
    result: *mut u8,
    result_max: usize,
    result_len: *mut u32,
) -> i32 {
    handle(request, request_len, result, result_max, result_len)
}

//! Compiler support routines for programs built with the upstream LLVM BPF back end.
//!
//! Memory routines go to the runtime's syscalls. The 128-bit routines use the back end's own calling
//! convention (two registers in, two out), which `extern "C"` on this target does not.
#![no_std]
#![feature(abi_unadjusted)]
#![allow(internal_features, improper_ctypes_definitions)]
#![cfg(target_arch = "bpf")]
// rustc says that `inline` on an exported function does nothing; the linker, which optimises all of the program as one,
// goes by it.
#![allow(unused_attributes)]

use core::mem::transmute;

/// The low and high halves of a 128-bit integer.
type Wide = (u64, u64);

/// Murmur3 hashes of the syscalls' names: how a program calls them.
const SOL_MEMCPY: usize = 0x717c_c4a3;
const SOL_MEMMOVE: usize = 0x4343_71f8;
const SOL_MEMSET: usize = 0x3770_fb22;
const SOL_MEMCMP: usize = 0x5fdc_de31;

macro_rules! syscall {
    ($hash:expr, fn($($arg:ty),*)) => { transmute::<usize, unsafe extern "C" fn($($arg),*)>($hash) };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    unsafe { syscall!(SOL_MEMCPY, fn(*mut u8, *const u8, usize))(dst, src, n) };
    dst
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    unsafe { syscall!(SOL_MEMMOVE, fn(*mut u8, *const u8, usize))(dst, src, n) };
    dst
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(dst: *mut u8, byte: i32, n: usize) -> *mut u8 {
    unsafe { syscall!(SOL_MEMSET, fn(*mut u8, u8, usize))(dst, byte as u8, n) };
    dst
}

/// Compares by words what programs compare most: discriminators (8 bytes) and addresses (32). The length is known at
/// nearly every call, so that little but the loads is left there; the syscall costs some 20 compute units more.
#[unsafe(no_mangle)]
#[inline(always)]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    let word = |at: usize| unsafe {
        (
            a.add(at).cast::<u64>().read_unaligned(),
            b.add(at).cast::<u64>().read_unaligned(),
        )
    };
    // Byte order is the words' order read from the other end.
    let order = |(x, y): (u64, u64)| {
        if x.swap_bytes() < y.swap_bytes() {
            -1
        } else {
            1
        }
    };
    if n == 8 {
        let first = word(0);
        return if first.0 == first.1 { 0 } else { order(first) };
    }
    if n == 32 {
        let mut at = 0;
        while at < 32 {
            let next = word(at);
            if next.0 != next.1 {
                return order(next);
            }
            at += 8;
        }
        return 0;
    }
    let mut order = 0i32;
    unsafe { syscall!(SOL_MEMCMP, fn(*const u8, *const u8, usize, *mut i32))(a, b, n, &mut order) };
    order
}

#[unsafe(no_mangle)]
#[inline(always)]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    unsafe { memcmp(a, b, n) }
}

#[unsafe(no_mangle)]
pub extern "unadjusted" fn __multi3(al: u64, ah: u64, bl: u64, bh: u64) -> Wide {
    // Allocation sizes are computed here, and they are small.
    if (al | bl) >> 32 == 0 && (ah | bh) == 0 {
        return (al.wrapping_mul(bl), 0);
    }
    let (low, high) = widening_mul(al, bl);
    (
        low,
        high.wrapping_add(ah.wrapping_mul(bl))
            .wrapping_add(al.wrapping_mul(bh)),
    )
}

#[unsafe(no_mangle)]
pub extern "unadjusted" fn __udivti3(nl: u64, nh: u64, dl: u64, dh: u64) -> Wide {
    divide((nl, nh), (dl, dh)).0
}

#[unsafe(no_mangle)]
pub extern "unadjusted" fn __umodti3(nl: u64, nh: u64, dl: u64, dh: u64) -> Wide {
    divide((nl, nh), (dl, dh)).1
}

#[unsafe(no_mangle)]
pub extern "unadjusted" fn __divti3(nl: u64, nh: u64, dl: u64, dh: u64) -> Wide {
    let (quotient, _) = divide(magnitude((nl, nh)), magnitude((dl, dh)));
    if ((nh ^ dh) as i64) < 0 {
        negate(quotient)
    } else {
        quotient
    }
}

#[unsafe(no_mangle)]
pub extern "unadjusted" fn __modti3(nl: u64, nh: u64, dl: u64, dh: u64) -> Wide {
    let (_, remainder) = divide(magnitude((nl, nh)), magnitude((dl, dh)));
    if (nh as i64) < 0 {
        negate(remainder)
    } else {
        remainder
    }
}

#[inline(always)]
fn widening_mul(x: u64, y: u64) -> Wide {
    const LOW: u64 = u32::MAX as u64;
    let (xl, xh, yl, yh) = (x & LOW, x >> 32, y & LOW, y >> 32);
    let (ll, lh, hl, hh) = (xl * yl, xl * yh, xh * yl, xh * yh);
    let middle = (ll >> 32) + (lh & LOW) + (hl & LOW);
    (
        (ll & LOW) | (middle << 32),
        hh + (lh >> 32) + (hl >> 32) + (middle >> 32),
    )
}

#[inline(always)]
fn negate((low, high): Wide) -> Wide {
    let (low, carry) = (!low).overflowing_add(1);
    (low, (!high).wrapping_add(carry as u64))
}

#[inline(always)]
fn magnitude(n: Wide) -> Wide {
    if (n.1 as i64) < 0 { negate(n) } else { n }
}

/// Quotient and remainder, by long division over the dividend's significant bits.
fn divide((nl, nh): Wide, (dl, dh): Wide) -> (Wide, Wide) {
    if nh == 0 && dh == 0 {
        return ((nl / dl, 0), (nl % dl, 0));
    }
    let (mut ql, mut qh, mut rl, mut rh) = (0u64, 0u64, 0u64, 0u64);
    let mut bit = 128
        - if nh != 0 {
            nh.leading_zeros()
        } else {
            64 + nl.leading_zeros()
        };
    while bit > 0 {
        bit -= 1;
        let next = if bit >= 64 {
            nh >> (bit - 64)
        } else {
            nl >> bit
        } & 1;
        (rl, rh) = ((rl << 1) | next, (rh << 1) | (rl >> 63));
        if (rh, rl) >= (dh, dl) {
            let (low, borrow) = rl.overflowing_sub(dl);
            (rl, rh) = (low, rh.wrapping_sub(dh).wrapping_sub(borrow as u64));
            if bit >= 64 {
                qh |= 1 << (bit - 64)
            } else {
                ql |= 1 << bit
            }
        }
    }
    ((ql, qh), (rl, rh))
}

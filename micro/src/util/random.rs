//! Randomness, through one door, so that a simulation can decide it.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    // Seeded from the standard library's per-process random keys, which come from the operating system.
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(std::thread::current().id()) | 1);
}

/// A number that is hard to hit by accident; not for secrets.
pub fn u64() -> u64 {
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        mix(next)
    })
}

/// 128 such bits, never all zero.
pub fn u128() -> u128 {
    (u128::from(u64()) << 64) | u128::from(u64()) | 1
}

/// A number below `bound`; 0 for a bound of 0.
pub fn below(bound: usize) -> usize {
    // The high half of the product is uniform up to a bias of bound / 2^64.
    ((u128::from(u64()) * bound as u128) >> 64) as usize
}

/// A fraction in `0.0..1.0`.
pub fn fraction() -> f64 {
    (u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Sixteen hexadecimal digits.
pub fn id() -> String {
    format!("{:016x}", u64())
}

// SplitMix64's finaliser: every bit of the counter reaches every bit of the result.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut seen = [false; 7];
        for _ in 0..1_000 {
            seen[below(7)] = true;
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!(below(0), 0);
    }
}

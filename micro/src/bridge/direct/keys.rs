//! Key affinity: rendezvous hashing over the members of a queue.
//!
//! Every publisher computes the member of a key independently, so all versions have to agree: the results of [`hash`] and
//! [`affinity`] must never change.

/// Returns the hash of a key. Keys with the same hash share their member and their order, which is harmless.
pub(super) fn hash(key: &str) -> u64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
    });
    mix(hash)
}

/// Returns the rendezvous weight of a key for a subscription. A key belongs to the member with the highest weight: when a member
/// leaves, only its own keys move, and when one joins, keys move only to that member.
pub(super) fn affinity(key: u64, subscription: u64) -> u64 {
    mix(key ^ mix(subscription))
}

/// Applies the final mixing step of SplitMix64.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_and_affinity_never_change() {
        let numbers = [0xf52a_15e9_a9b5_e89b, 0xfb32_f4d5_81c1_bc84, 0xbe90_79c1_b7e5_afe8];
        assert_eq!([hash(""), hash("Ada"), hash("größe")], numbers);
        assert_eq!(affinity(hash("Ada"), 0x00c0_ffee), 0x12c1_0da5_068b_4539);
    }
}

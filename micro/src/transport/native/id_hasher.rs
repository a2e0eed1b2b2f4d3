//! Maps by the id of a call.

use std::hash::{BuildHasherDefault, Hasher};

/// Hasher for call ids, which are consecutive numbers of which few are in use at a time.
pub(super) type BuildIdHasher = BuildHasherDefault<IdHasher>;

/// Spreads a number over all bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

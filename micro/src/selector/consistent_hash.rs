use super::least_loaded::LeastLoaded;
use super::options::PickOptions;
use super::strategy::{Endpoints, Strategy};

/// Sends the same key to the same endpoint by rendezvous hashing: each node has a score for each key, and the highest wins. When
/// a node leaves only its keys move; when one joins it takes an equal share from each. All clients agree, in whatever order they
/// know the nodes.
///
/// A call without a key goes to the least loaded node.
#[derive(Clone, Debug)]
pub(super) struct ConsistentHash {
    key: Option<String>,
}

impl ConsistentHash {
    /// By the value of `key` among the metadata of the call; by the hash that the caller gives where there is none.
    pub(super) fn new(key: Option<String>) -> Self {
        ConsistentHash { key }
    }

    fn hash(&self, call: &PickOptions<'_>) -> Option<u64> {
        let value = || call.metadata()?.get(self.key.as_deref()?);
        call.hash().or_else(|| value().map(|value| hash(value.as_bytes())))
    }
}

impl Strategy for ConsistentHash {
    fn name(&self) -> &str {
        "consistent_hash"
    }

    fn pick(&self, endpoints: &Endpoints<'_>, call: &PickOptions<'_>) -> usize {
        let Some(key) = self.hash(call) else { return LeastLoaded.pick(endpoints, call) };
        let score = |id: &str| mix(hash(id.as_bytes()) ^ mix(key));
        let scores = endpoints.iter().map(|endpoint| score(&endpoint.node().id)).enumerate();
        scores.max_by_key(|(_, score)| *score).map_or(0, |(index, _)| index)
    }
}

// FNV-1a: it has to be the same in every process and every version.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

// The finaliser of SplitMix64, for FNV leaves the high bits of short texts alike.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

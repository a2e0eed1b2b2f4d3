//! Times counted in buckets whose width grows with the time: 64 for each power of two, so that a figure is off by less than a
//! hundredth, in 8 KiB and without allocating as it counts.

use std::time::Duration;

const FINE: u32 = 6;
/// Times of a minute and more are all the same.
const LONGEST: u64 = (1 << 36) - 1;
const BUCKETS: usize = (36 - FINE as usize + 1) << FINE;

pub(crate) struct Histogram {
    buckets: Vec<u32>,
    count: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Histogram { buckets: vec![0; BUCKETS], count: 0 }
    }

    pub(crate) fn record(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(LONGEST);
        self.buckets[bucket(nanos.min(LONGEST))] += 1;
        self.count += 1;
    }

    pub(crate) fn merge(&mut self, other: &Histogram) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, theirs)| *mine += theirs);
        self.count += other.count;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The time, in microseconds, that `share` of all stayed within.
    pub(crate) fn micros(&self, share: f64) -> f64 {
        let rank = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return middle(index) / 1000.0;
            }
        }
        0.0
    }
}

fn bucket(nanos: u64) -> usize {
    let Some(octave) = (63 - (nanos | 1).leading_zeros()).checked_sub(FINE) else { return nanos as usize };
    ((octave as usize + 1) << FINE) + ((nanos >> octave) as usize - (1 << FINE))
}

fn middle(index: usize) -> f64 {
    let (octave, rest) = (index >> FINE, index & ((1 << FINE) - 1));
    if octave == 0 {
        return rest as f64;
    }
    let width = 2_f64.powi(octave as i32 - 1);
    ((1 << FINE) + rest) as f64 * width + width / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_falls_into_a_bucket_near_it() {
        for nanos in (0..36).flat_map(|power| [1_u64 << power, (1 << power) + (1 << power) / 3]) {
            let found = middle(bucket(nanos));
            assert!((found - nanos as f64).abs() <= nanos as f64 / 100.0, "{nanos}: {found}");
        }
        assert_eq!(bucket(LONGEST), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut histogram = Histogram::new();
        (1..=1000).for_each(|micros| histogram.record(Duration::from_micros(micros)));
        assert!((histogram.micros(0.5) - 500.0).abs() < 5.0);
        assert!((histogram.micros(0.99) - 990.0).abs() < 10.0);
    }
}

use super::options::PickOptions;
use super::strategy::{Endpoints, Strategy};
use crate::util::random;

/// Any endpoint, with equal chances.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Random;

impl Strategy for Random {
    fn name(&self) -> &str {
        "random"
    }

    fn pick(&self, endpoints: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
        random::below(endpoints.len())
    }
}

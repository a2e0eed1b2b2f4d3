/// Format of a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BucketFormat {
    Json,
}

impl BucketFormat {
    pub(super) const ALL: [BucketFormat; 1] = [BucketFormat::Json];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            BucketFormat::Json => "json",
        }
    }
}

/// What a document is written in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    Json,
}

impl Format {
    pub(super) const ALL: [Format; 1] = [Format::Json];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Format::Json => "json",
        }
    }
}

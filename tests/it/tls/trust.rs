//! Who believes whom.

//! Two servers and the wire between them.

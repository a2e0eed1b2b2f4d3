//! Tests that need several rooms or foreign libraries; each folder is a test of its own.

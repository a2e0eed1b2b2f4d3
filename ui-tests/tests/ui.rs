//! Programs that compile, and programs that must not, with what the author reads then.
//!
//! `TRYBUILD=overwrite cargo test -p ui-tests` writes the messages anew; the difference is then reviewed like any other.

macro_rules! attributes {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let tests = trybuild::TestCases::new();
            tests.pass(concat!(stringify!($name), "/pass/*.rs"));
            tests.compile_fail(concat!(stringify!($name), "/fail/*.rs"));
        }
    )*};
}

attributes! { config error service handler subscriber init provider main message }

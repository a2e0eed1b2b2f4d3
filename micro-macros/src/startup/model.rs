//! Model: a function, and the runtime that runs it.

use proc_macro2::TokenStream;

use crate::options::{Given, Options};
use crate::report::Report;
use crate::syntax::{CratePath, Function};

/// Content of the attribute and its function.
pub(super) struct Main {
    pub(super) home: CratePath,
    pub(super) function: Function,
    pub(super) flavor: Option<Given<&'static str>>,
    pub(super) worker_threads: Option<Given<usize>>,
}

impl Main {
    pub(super) fn from_input(function: Function, options: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(options, report);
        let flavor = options.choice("flavor", &["multi_thread", "current_thread"]);
        let worker_threads = options.number("worker_threads");
        let home = CratePath::new(options.path("crate"));
        options.finish();
        Self { home, function, flavor, worker_threads }
    }

    pub(super) fn is_current_thread(&self) -> bool {
        self.flavor.is_some_and(|flavor| flavor.value == "current_thread")
    }
}

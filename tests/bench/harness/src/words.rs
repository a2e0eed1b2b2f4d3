//! What a program is asked to do: `name=value`, in any order, on the command line, or in `BENCH_WORDS` where a program takes
//! its command line for settings.

use std::collections::HashMap;
use std::str::FromStr;

use crate::Result;

pub(crate) struct Words(HashMap<String, String>);

impl Words {
    pub(crate) fn of_process() -> Self {
        let more = std::env::var("BENCH_WORDS").unwrap_or_default();
        let more = more.split_whitespace().map(ToOwned::to_owned);
        let pairs = std::env::args().skip(1).chain(more).filter_map(|word| {
            let (name, value) = word.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Words(pairs.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str> {
        self.0.get(name).map(String::as_str).ok_or_else(|| format!("`{name}=` is missing").into())
    }

    pub(crate) fn get<T: FromStr>(&self, name: &str) -> Result<T> {
        let text = self.text(name)?;
        text.parse().map_err(|_| format!("`{name}={text}` cannot be read").into())
    }
}

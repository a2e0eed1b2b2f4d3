//! A subscriber adds no name to its scope: types, modules and variables of the same name are somebody else's.
#![deny(warnings)]

use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber]
pub async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

/// A module of the same name.
pub mod audit {
    pub const LIMIT: usize = 3;

    #[micro::subscriber]
    pub async fn ledger(event: ui_tests::Greeted) -> micro::Result<()> {
        drop(event);
        Ok(())
    }

    #[micro::subscriber]
    pub async fn tokio(event: ui_tests::Greeted) -> micro::Result<()> {
        drop(event);
        Ok(())
    }
}

mod types {
    use super::Greeted;

    #[allow(non_camel_case_types)]
    pub type audit = u8;

    #[allow(non_camel_case_types)]
    #[derive(Debug, PartialEq)]
    pub struct ledger {
        pub lines: audit,
    }

    #[micro::subscriber(name = "types.audit")]
    pub async fn audit(_: Greeted) -> micro::Result<()> {
        Ok(())
    }

    #[micro::subscriber(name = "types.ledger")]
    pub async fn ledger(_: Greeted) -> micro::Result<()> {
        Ok(())
    }
}

use audit::{ledger, tokio};

// The extern crate of the same name is still there.
fn runtime() -> std::io::Result<::tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new()
}

fn main() {
    assert_eq!(types::ledger { lines: 1 }, types::ledger { lines: 1 });
    let app = micro::app().subscribe(audit).subscribe(ledger).subscribe(tokio).subscribe(types::audit);
    drop((app, runtime()));

    let audit = audit::LIMIT;
    let (ledger, tokio) = (audit + 1, audit + 2);
    match ledger {
        audit if audit > 9 => unreachable!(),
        ledger => assert_eq!(ledger + 1, tokio),
    }
}

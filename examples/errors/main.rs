//! Errors of a service's own: what a handler fails with is what its caller matches on, wherever the two run.
//! `cargo run --example errors`

use micro::prelude::*;

#[micro::message(package = "bank")]
#[derive(Clone, Debug)]
pub struct Withdrawal {
    pub account: String,
    pub cents: u64,
}

#[micro::message(package = "bank")]
#[derive(Clone, Debug)]
pub struct Balance {
    pub cents: u64,
}

/// Why no money comes out. Every variant says its code and its words; its fields travel as a typed detail, which callers in
/// other languages read too.
#[derive(Debug, micro::Error)]
#[error(package = "bank")]
pub enum BankError {
    #[error(code = NotFound, "no account `{account}`")]
    NoAccount { account: String },
    #[error(code = FailedPrecondition, "{missing} cents are missing")]
    TooLittle { missing: u64 },
    /// What the bank does not know: a deadline, a lost connection, an error of another service.
    #[error(other)]
    Other(Error),
}

#[micro::service(name = "bank")]
pub trait Bank {
    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Balance, BankError>;
}

#[derive(Default)]
struct Vault;

#[micro::handler]
impl Bank for Vault {
    async fn withdraw(&self, Withdrawal { account, cents }: Withdrawal) -> Result<Balance, BankError> {
        match account.as_str() {
            "ada" if cents <= 100 => Ok(Balance { cents: 100 - cents }),
            "ada" => Err(BankError::TooLittle { missing: cents - 100 }),
            // A foreign error: its text stays in the log, under an id that the caller is told.
            "broken" => Err(BankError::Other(std::io::Error::other("disk 7 is on fire").into())),
            _ => Err(BankError::NoAccount { account }),
        }
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::app().mount::<Vault>().start().await?;
    // With an address the call leaves the process, and comes back with the same error.
    let bank = app.get::<BankClient>()?.at(app.address().expect("it listens").to_string());

    for (account, cents) in [("ada", 30), ("ada", 130), ("bob", 1), ("broken", 1)] {
        match bank.withdraw(Withdrawal { account: account.into(), cents }).await {
            Ok(balance) => println!("{account} has {} left", balance.cents),
            Err(BankError::TooLittle { missing }) => println!("{account} lacks {missing}"),
            Err(BankError::NoAccount { account }) => println!("nobody is called {account}"),
            Err(BankError::Other(error)) => println!("{}: the log knows more", error.code()),
        }
    }
    app.stop().await
}

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, non_shorthand_field_patterns)]
//! Every form of a variant.

use std::error::Error as _;

use micro::rpc::ServiceError;
use micro::{Code, Error, Result};

mod renamed {
    pub(crate) use micro as fancy;
}

/// Why it fails.
#[derive(Debug, PartialEq, micro::Error)]
#[error(package = "greeter.v1", name = "Failure", crate = crate::renamed::fancy)]
pub enum GreetError {
    /// Nobody.
    #[error(code = NotFound, "no person `{id}` {{really}}, `{type:?}`")]
    Nobody {
        /// Which.
        #[message(tag = 1, fixed)]
        id: u64,
        /// Not shown.
        #[message(tag = 3)]
        near: Vec<String>,
        /// A keyword.
        #[message(tag = 4)]
        r#type: Option<String>,
        /// Ours, and theirs.
        #[message(tag = 5)]
        text: String,
        /// How wide it is.
        #[message(tag = 6)]
        this: u32,
    },
    /// Positions.
    #[error("{0} of {1}, {0:?}", code = micro::Code::ResourceExhausted, name = "Weary")]
    Tired(u32, u32),
    /// One.
    #[error(code = Code::InvalidArgument, "{0:05}")]
    One(i32),
    /// Old.
    #[deprecated]
    #[error(code = Aborted)]
    #[error("old")]
    Old,
    /// Empty, in two ways.
    #[error(code = Unavailable, "braces")]
    Braces {},
    /// Empty, in two ways.
    #[error(code = Unavailable, "parentheses")]
    Parentheses(),
    /// Found by its type.
    Other(micro::Error),
}

/// As small as it gets.
#[derive(Debug, micro::Error)]
pub enum Smallest {
    /// With a name.
    #[error(other)]
    Other {
        /// What happened.
        error: Error,
    },
}

macro_rules! by_macro {
    ($name:ident, $field:ident, $text:literal) => {
        /// Made by a macro.
        #[derive(Debug, micro::Error)]
        pub enum $name {
            /// Its field is named elsewhere.
            #[error(code = Internal, $text)]
            Broken {
                /// A field.
                $field: u32,
            },
            /// The rest.
            #[error(other)]
            Other(Error),
        }
    };
}

by_macro!(Made, number, "broken {number}");

fn comes_back(error: GreetError, code: Code, text: &str, name: &str) {
    let shown = format!("{error:?}");
    assert_eq!(error.to_string(), text);
    let travelling = question_mark(error).unwrap_err();
    assert_eq!((travelling.code(), travelling.message()), (code, text));
    assert_eq!(travelling.details()[0].type_name(), name);
    assert_eq!(format!("{:?}", GreetError::from(travelling)), shown);
}

fn question_mark(error: GreetError) -> Result<()> {
    Err(error)?;
    Ok(())
}

fn main() {
    let (near, text) = (vec!["a".to_owned()], "b".to_owned());
    comes_back(
        GreetError::Nobody { id: 7, near, r#type: None, text, this: 3 },
        Code::NotFound,
        "no person `7` {really}, `None`",
        "greeter.v1.Failure.Nobody",
    );
    comes_back(GreetError::Tired(1, 2), Code::ResourceExhausted, "1 of 2, 1", "greeter.v1.Failure.Weary");
    comes_back(GreetError::One(-1), Code::InvalidArgument, "-0001", "greeter.v1.Failure.One");
    comes_back(GreetError::Braces {}, Code::Unavailable, "braces", "greeter.v1.Failure.Braces");
    comes_back(GreetError::Parentheses(), Code::Unavailable, "parentheses", "greeter.v1.Failure.Parentheses");
    assert_eq!(Made::Broken { number: 3 }.to_string(), "broken 3");

    let io = std::io::Error::other("disk");
    let other = GreetError::from(Error::unavailable("later").with_source(io));
    assert_eq!(other.source().unwrap().to_string(), "disk");
    assert_eq!(other.to_string(), "later (unavailable)");
    assert_eq!(other.into_error().code(), Code::Unavailable);
    assert_eq!(Smallest::DETAILS.len(), 0);
    assert_eq!(Smallest::from(Error::internal("x")).into_error(), Error::internal("x"));
}

//! The one error all rooms speak.
//!
//! Callers act on codes and people read messages, so an [`Error`] carries both: a [`Code`] to act on, a message meant for
//! the peer, and, for the log only, the operation, context and the source. [`Detail`]s are typed values that travel with
//! it and that a caller in any language can decode.
//!
//! A service with failures of its own writes them as an enum with [`#[derive(micro::Error)]`](derive@crate::Error): what each
//! variant tells its callers is said there, and they get it back as that variant.
//!
//! Every standard error converts into [`Error`] with `?`. Such an *unmapped* error says nothing a stranger should read: it
//! becomes [`Code::Internal`] with an id, its text stays in this process's log under that id, and the peer is given the id to
//! ask about. [`Error::from_boxed`] does the same for a `Box<dyn Error + Send + Sync>`. Text is meant for readers, so it has no
//! conversion: `Error::internal("..")` says that the peer reads it.
//!
//! The other way, an [`Error`] converts into a `Box<dyn Error>` and a `Box<dyn Error + Send + Sync>` with `?`.

mod code;
mod detail;
mod internal;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub use code::{Code, UnknownCode};
pub use detail::Detail;
pub use internal::{ErrorConverter, ErrorId};

/// `Result` with micro's [`Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: a code to act on, words to read, and what the log needs to explain it.
///
/// ```
/// use micro::{Code, Error, Result};
///
/// fn half(of: u32) -> Result<u32> {
///     if of % 2 == 1 {
///         return Err(Error::new(Code::InvalidArgument, format!("`{of}` is odd")).with_operation("half"));
///     }
///     Ok(of / 2)
/// }
///
/// fn parsed(text: &str) -> Result<u32> {
///     half(text.parse()?) // a foreign error: the peer learns only an id, the log the rest
/// }
///
/// assert_eq!(half(3).unwrap_err().code(), Code::InvalidArgument);
/// let error = parsed("three").unwrap_err();
/// assert_eq!(error.code(), Code::Internal);
/// assert!(!error.message().contains("invalid digit"));
/// ```
///
/// `Error` does not implement [`std::error::Error`] itself, because then it could not take every other error in with `?`.
/// It dereferences to one ([`std::ops::Deref`]) and converts into `Box<dyn Error>` and `Box<dyn Error + Send + Sync>`, also with
/// `?`; [`Error::from_boxed`] is the way back.
#[derive(Clone)]
pub struct Error(Box<Inner>);

// Implements `std::error::Error` in the place of `Error`: it is what `Deref` shows and what `into_boxed` hands out.
#[derive(Clone)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    operation: Option<Cow<'static, str>>,
    context: Vec<(&'static str, String)>,
    details: Vec<Detail>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    id: Option<ErrorId>,
    execution: Execution,
}

/// Execution state of a failed call: whether the method may have run on the server.
///
/// Retrying is safe without further knowledge only after [`Execution::NotStarted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Execution {
    /// The other side answered, or nothing is known: the method may have run.
    #[default]
    Unknown,
    /// The method did not run and will not: the request never left, or was refused before dispatch.
    NotStarted,
}

impl Error {
    /// A failure with a code and words for the peer: a lower-case fragment, values in backticks.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            operation: None,
            context: Vec::new(),
            details: Vec::new(),
            source: None,
            id: None,
            execution: Execution::Unknown,
        }))
    }

    /// Names the operation that failed, for the log: `registry.register`.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// Adds context for the log. The peer does not see it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((name, value.to_string()));
        self
    }

    /// Adds a typed value for the peer.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Detail>) -> Self {
        self.0.details.push(detail.into());
        self
    }

    /// Keeps the error this one comes from, for the log. The peer does not see it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says whether the failed call can have run.
    #[must_use]
    pub fn with_execution(mut self, execution: Execution) -> Self {
        self.0.execution = execution;
        self
    }

    /// Returns the status code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The words the peer reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation that failed, where one was named.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The context for the log, in the order it was added.
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.context.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The typed values that travel with the error.
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// The id under which the text of an unmapped error was logged.
    pub fn id(&self) -> Option<ErrorId> {
        self.0.id
    }

    /// Returns whether the failed call was executed.
    pub fn execution(&self) -> Execution {
        self.0.execution
    }

    /// The error this one comes from.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// This error as a boxed [`std::error::Error`], for libraries that ask for one.
    ///
    /// [`Error::from_boxed`] gives the same error back, code and all.
    pub fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        self.0
    }
}

macro_rules! constructors {
    ($($name:ident => $code:ident, $for:literal;)*) => {
        impl Error {
            $(
                #[doc = concat!("A [`Code::", stringify!($code), "`]: ", $for, ".")]
                pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(Code::$code, message)
                }
            )*
        }
    };
}

constructors! {
    invalid_argument => InvalidArgument, "the request itself is wrong";
    deadline_exceeded => DeadlineExceeded, "time ran out";
    not_found => NotFound, "what was asked for does not exist";
    already_exists => AlreadyExists, "what was to be created exists";
    permission_denied => PermissionDenied, "the caller may not do this";
    resource_exhausted => ResourceExhausted, "a quota, queue or size limit is full";
    failed_precondition => FailedPrecondition, "the system is not in the state the request needs";
    unimplemented => Unimplemented, "this does not exist here";
    internal => Internal, "an invariant is broken, in words the peer may read";
    unavailable => Unavailable, "it cannot be reached now and may be later";
    unauthenticated => Unauthenticated, "the caller did not prove who it is";
}

/// The message, the code, and what the log knows: ``no node of `greeter` (unavailable, registry=local)``.
///
/// The alternate form `{:#}` appends the chain of sources.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Equal when a caller would treat them alike: code, message and details. What is kept for the log does not count.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code && self.0.message == other.0.message && self.0.details == other.0.details
    }
}

impl std::ops::Deref for Error {
    type Target = dyn StdError + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.message, self.code)?;
        if let Some(operation) = &self.operation {
            write!(f, ", in {operation}")?;
        }
        for (name, value) in &self.context {
            write!(f, ", {name}={value}")?;
        }
        f.write_str(")")?;
        if f.alternate() {
            let mut source = self.source();
            while let Some(error) = source {
                write!(f, ": {error}")?;
                source = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl StdError for Inner {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

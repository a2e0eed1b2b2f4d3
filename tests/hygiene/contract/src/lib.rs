//! Contracts where no name means what generated code might think it means.
#![no_implicit_prelude]

// One line puts the renamed crate where generated code looks for it.
extern crate fancy as micro;

use ::micro::{Result, Streaming};

/// What a kind and a name are, is decided by type.
pub type Stream = Streaming<()>;

/// A contract without any prelude.
#[::micro::service(name = "plain", package = "hygiene")]
pub trait Plain {
    /// Takes nothing, gives nothing.
    #[method(no_side_effects, timeout = "2s")]
    async fn ping(&self) -> Result<()>;

    /// Streams both ways.
    async fn echo(&self, stream: Stream) -> Result<Stream>;

    /// Has a body.
    async fn twice(&self, _: ()) -> Result<()> {
        self.ping().await?;
        self.ping().await
    }
}

/// A message without any prelude.
#[::micro::message(package = "hygiene")]
#[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
pub struct Note {
    /// Words.
    pub text: ::std::string::String,
    /// Perhaps more of them.
    pub more: ::core::option::Option<::std::string::String>,
}

/// An event without any prelude.
#[::micro::event(topic = "hygiene.noted", key = number, package = "hygiene")]
#[derive(::core::fmt::Debug, ::core::default::Default)]
pub struct Noted {
    /// Which.
    pub number: ::core::primitive::u64,
}

/// Why a note is not taken.
#[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::micro::Error)]
#[error(package = "hygiene")]
pub enum NoteError {
    /// Too long.
    #[error(code = InvalidArgument, "`{0}` letters, and `{1:?}`")]
    Long(u32, ::core::option::Option<Note>),
    /// Too many.
    #[error(code = ResourceExhausted, "{formatter} notes")]
    Many {
        /// A name of ours.
        formatter: u32,
    },
    /// Closed.
    #[error(code = Unavailable, "closed")]
    Closed,
    /// Anything else.
    #[error(other)]
    Other(::micro::Error),
}

/// A contract with an error of its own.
#[::micro::service(name = "notes", package = "hygiene")]
pub trait Notes {
    /// Takes a note.
    #[method(idempotent, timeout = "1s", deprecated = "keep it", extension("notes.kind" = ["short", { "limit": 3 }]))]
    async fn take(&self, note: Note) -> ::core::result::Result<Note, NoteError>;
}

/// Settings without any prelude.
#[::micro::config(prefix = "hygiene", validate = checked)]
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct Settings {
    /// Text.
    #[config(default = "text", validate(length(1..), with(whole)), flag = "hygiene-text")]
    pub text: ::std::string::String,
    /// An expression.
    #[config(default = ::micro::config::Secret::new(1u8 + 1), validate(range(1..=3)))]
    pub number: ::micro::config::Secret<::core::primitive::u8>,
    /// A choice.
    #[config(default)]
    pub choice: Choice,
    /// Perhaps the same again.
    pub again: ::core::option::Option<Choice>,
}

fn checked(_: &Settings) -> ::core::result::Result<(), ::std::string::String> {
    ::core::result::Result::Ok(())
}

fn whole(_: &::core::primitive::str) -> Result<()> {
    ::core::result::Result::Ok(())
}

/// Words.
#[::micro::config]
#[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::default::Default)]
pub enum Choice {
    /// One.
    #[default]
    One,
    /// Two.
    Two,
}

/// The same where the crate is named by each attribute.
pub mod named {
    use ::core::fmt::Debug;

    /// Settings.
    #[::fancy::config(crate = ::fancy, prefix = "hygiene.named")]
    #[derive(Debug)]
    pub struct Settings {
        /// Whether.
        #[config(default = true)]
        pub on: bool,
    }

    /// A message.
    #[::fancy::message(crate = ::fancy)]
    #[derive(Debug)]
    pub struct Empty {}

    /// An event.
    #[::fancy::event(crate = ::fancy, topic = "hygiene.happened", key = name)]
    #[derive(Debug)]
    pub struct Happened {
        /// What.
        pub name: ::std::string::String,
    }

    /// A subscriber.
    #[::fancy::subscriber(crate = ::fancy, queue = "hygiene", ordered_by = event.name)]
    pub async fn happened(event: Happened, context: &::fancy::Context, settings: &Settings) -> ::fancy::Result<()> {
        let _ = (event, context, settings.on);
        ::core::result::Result::Ok(())
    }

    /// An enum.
    #[::fancy::message(crate = ::fancy)]
    #[derive(Debug)]
    pub enum Kind {
        /// The only one.
        Plain,
    }

    /// An error.
    #[derive(Debug, ::fancy::Error)]
    #[error(crate = ::fancy)]
    pub enum Failure {
        /// With a field.
        #[error(code = Internal, "{kind:?}")]
        Broken {
            /// What.
            kind: Kind,
        },
        /// Found by its type.
        Other(::fancy::Error),
    }

    /// A contract.
    #[::fancy::service(crate = ::fancy)]
    pub trait Named {
        /// All in one.
        async fn all(&self, empty: Empty) -> ::core::result::Result<Empty, Failure>;
    }
}

/// Names that generated code uses, and that mean something else here.
pub mod shadowed {
    #![allow(dead_code, non_camel_case_types, missing_docs, missing_debug_implementations)]

    macro_rules! shadow {
        ($($name:ident)*) => {$( pub struct $name; )*};
    }

    shadow! {
        Send Sync Sized Future Option Some None Ok Err Box Arc String Vec Into From Clone Copy Debug Any
        Service ServiceDesc Method MethodDesc MethodSpec Entry Client Context Part Outcome Dep Init Resolver
        Error Code Fault Mapping Message MessageDesc Display Formatter Result write concat
        Table T Self_ usize str u64 core std
        Field Fields Kind Node Reader Setting Section SectionDesc Value Default Config Snapshot PhantomData
        Event Ack EventRequest Take AnyParameter Taken Handled Topical Key Typed Publisher Subscriber SubscriberEntry ToString Duration
        ServiceClient Wraps Other Building OutsideOfItsImpl
    }

    /// Settings among them.
    #[::micro::config(prefix = "hygiene.shadowed")]
    #[derive(::core::fmt::Debug)]
    pub struct Settings {
        /// One.
        #[config(default = 1)]
        pub fields: ::core::primitive::u64,
        /// Two.
        #[config(default, validate(length(..)))]
        pub value: ::std::vec::Vec<::std::string::String>,
        /// Three.
        #[config(default = 2, validate(range(..9)))]
        pub formatter: ::core::primitive::u64,
        /// Four.
        pub r#type: ::core::option::Option<Choice>,
    }

    /// A choice among them.
    #[::micro::config]
    #[derive(::core::fmt::Debug)]
    pub enum Choice {
        /// One.
        Some,
        /// Two.
        None,
    }

    /// A message among them.
    #[::micro::message]
    pub struct Told {
        /// Words.
        pub source: ::std::string::String,
    }

    /// An event among them.
    #[::micro::event(topic = "hygiene.shadowed", key = key)]
    pub struct Shouted {
        /// Words.
        pub key: ::std::string::String,
    }

    /// A subscriber among them, with parameters that have names of ours.
    #[::micro::subscriber(topic = "hygiene.*", retry(max = 2, backoff = "1s"), ordered_by = given.key.len(), ack = "manual")]
    pub async fn subscriber(
        given: Shouted,
        lent: &Settings,
        resolver: ::micro::broker::Ack,
        event: ::micro::broker::Publisher<Shouted>,
        taken: &::micro::Context,
    ) -> ::micro::Result<()> {
        let _ = (given, lent, event, taken);
        resolver.done().await
    }

    /// Types with the names of subscribers: those have none of their own.
    pub mod event {}
    pub type subscriber = ();
    pub struct read_event {}

    /// A function with the name of one of ours.
    #[::micro::subscriber]
    pub async fn event(_: Shouted) -> ::micro::Result<()> {
        ::core::result::Result::Ok(())
    }

    /// And another.
    #[::micro::subscriber(manual)]
    pub async fn read_event(event: Shouted) -> ::micro::Result<()> {
        let _ = event;
        ::core::result::Result::Ok(())
    }

    /// An error among them.
    #[derive(::core::fmt::Debug, ::micro::Error)]
    pub enum Fails {
        /// Its fields have names of ours.
        #[error(code = Internal, "{formatter} {error} {this} {text}")]
        All {
            /// One.
            formatter: ::core::primitive::u64,
            /// Two.
            error: ::core::primitive::u64,
            /// Three.
            this: ::core::primitive::u64,
            /// Four.
            text: ::std::string::String,
            /// Five.
            fields: ::core::primitive::u64,
        },
        /// The rest.
        #[error(other)]
        Other(::micro::Error),
    }

    /// A contract among them.
    #[::micro::service(name = "shadowed")]
    pub trait Shadowed {
        /// Its parameter has the name of one of ours.
        async fn this(&self, input: ()) -> ::micro::Result<()>;
        /// So has this.
        async fn call(&self, this: ()) -> ::micro::Result<()>;
        /// And this method.
        async fn r#type(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        /// These have the names of what every client has.
        async fn of(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn named(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn at(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn with(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn as_client(&self) -> ::micro::Result<()> {
            self.call(()).await
        }
        async fn from_client(&self, client: ()) -> ::micro::Result<()> {
            self.call(client).await
        }
        async fn service(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn new(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
        async fn clone(&self) -> ::micro::Result<()> {
            self.call(()).await
        }
    }
}

//! What the programs below speak of: a folder for each attribute, files named after what is wrong with them.

use micro::__private::Message;

/// Says by hand what `#[micro::message]` will.
macro_rules! message {
    ($(#[$docs:meta] $name:ident { $field:ident: String })*) => {$(
        #[$docs]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            /// Its only field.
            pub $field: String,
        }

        impl Message for $name {
            const DESC: &'static micro::message::MessageDesc = &micro::message::MessageDesc { n: stringify!($name) };

            fn pb(&self, out: &mut Vec<u8>) {
                out.extend(self.$field.as_bytes());
            }

            fn unpb(bytes: &bytes::Bytes) -> micro::Result<Self> {
                Ok($name { $field: String::from_utf8_lossy(bytes).into_owned() })
            }
        }
    )*};
}

message! {
    /// A name to greet.
    HelloRequest { name: String }
    /// A greeting.
    HelloReply { greeting: String }
}

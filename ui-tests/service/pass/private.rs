//! A contract nobody else sees, which does not use everything that is made for it.
#![deny(warnings, unreachable_pub)]

mod inner {
    #[micro::service]
    trait Hidden: Clone {
        async fn go(&self) -> micro::Result<()>;
    }

    #[micro::service(name = "two")]
    pub(super) trait Seen {
        async fn go(&self) -> micro::Result<()>;
    }

    #[micro::message]
    struct Secret {
        word: String,
    }

    #[allow(dead_code)]
    struct Type;

    #[micro::service]
    impl Type {
        #[handler]
        async fn go(&self, secret: Secret) -> micro::Result<Secret> {
            Ok(secret)
        }
    }

    impl Default for Type {
        fn default() -> Self {
            Type
        }
    }
}

fn main() {
    let _: Option<inner::SeenClient> = None;
}

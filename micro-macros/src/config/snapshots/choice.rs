#[derive(Clone, Copy, Default)]
pub enum Tone {
    /// As among friends.
    #[default]
    Friendly,
    StrictlyFormal,
    r#Rude,
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::{config as __config, config::SerdeFallback as _};
    const __CHOICES: &[__config::Choice] = &[
        __config::Choice {
            name: "friendly",
            doc: "As among friends.",
        },
        __config::Choice {
            name: "strictly-formal",
            doc: "",
        },
        __config::Choice {
            name: "r",
            doc: "",
        },
    ];
    impl __config::Setting for Tone {
        fn kind() -> __config::Kind {
            __config::Kind::Choice(__CHOICES)
        }
        fn read(
            node: &__config::Node,
            reader: &mut __config::Reader,
        ) -> ::core::option::Option<Self> {
            match reader.choice(node, __CHOICES)? {
                0usize => ::core::option::Option::Some(Self::Friendly),
                1usize => ::core::option::Option::Some(Self::StrictlyFormal),
                2usize => ::core::option::Option::Some(Self::r#Rude),
                _ => ::core::option::Option::None,
            }
        }
        fn write(&self) -> __config::Value {
            __config::word(
                match self {
                    Self::Friendly => "friendly",
                    Self::StrictlyFormal => "strictly-formal",
                    Self::r#Rude => "r",
                },
            )
        }
    }
};

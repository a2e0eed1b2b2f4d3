#[allow(deprecated, non_shorthand_field_patterns, clippy::redundant_field_names)]
const _: () = {
    ///Nobody has this number.
    struct __MicroNobody {
        id: u64,
        near: Vec<String>,
    }
    const _: () = {
        use ::micro::__private::message as __message;
        impl __message::Message for __MicroNobody {
            const DESC: &'static __message::MessageDesc = {
                const ENTRIES: &[__message::Entry] = &[
                    __message::FieldDesc::new(
                            1,
                            "id",
                            "id",
                            <u64 as __message::Field<__message::Auto>>::SHAPE,
                        )
                        .entry(),
                    __message::FieldDesc::new(
                            7,
                            "near",
                            "near",
                            <Vec<String> as __message::Field<__message::Auto>>::SHAPE,
                        )
                        .entry(),
                ];
                &__message::MessageDesc::new("greeter.v1.GreetError.Nobody", ENTRIES)
                    .with_docs("Nobody has this number.")
            };
            fn visit<V: __message::Visit>(&self, visitor: &mut V) {
                <u64 as __message::Field<
                    __message::Auto,
                >>::show(&self.id, visitor, &Self::DESC.entries[0], 1);
                <Vec<
                    String,
                > as __message::Field<
                    __message::Auto,
                >>::show(&self.near, visitor, &Self::DESC.entries[1], 7);
            }
            fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
                let mut slot_0: <u64 as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
                let mut slot_1: <Vec<
                    String,
                > as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
                while let ::core::option::Option::Some(tag) = source.next()? {
                    match tag {
                        1 => {
                            <u64 as __message::Field<
                                __message::Auto,
                            >>::receive(&mut slot_0, source)?
                        }
                        7 => {
                            <Vec<
                                String,
                            > as __message::Field<
                                __message::Auto,
                            >>::receive(&mut slot_1, source)?
                        }
                        _ => source.unknown(::core::option::Option::None)?,
                    }
                }
                ::core::result::Result::Ok(Self {
                    id: <u64 as __message::Field<
                        __message::Auto,
                    >>::complete(slot_0, source, 1)?,
                    near: <Vec<
                        String,
                    > as __message::Field<__message::Auto>>::complete(slot_1, source, 7)?,
                })
            }
        }
        impl __message::Serialize for __MicroNobody {
            fn serialize<S: __message::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                __message::serialize(self, serializer)
            }
        }
        impl<'de> __message::Deserialize<'de> for __MicroNobody {
            fn deserialize<D: __message::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                __message::deserialize(deserializer)
            }
        }
        __message::submit! {
            __message::RegisteredMessage::of:: < __MicroNobody > ()
        }
    };
    struct __MicroTired {
        value0: u32,
        value1: String,
    }
    const _: () = {
        use ::micro::__private::message as __message;
        impl __message::Message for __MicroTired {
            const DESC: &'static __message::MessageDesc = {
                const ENTRIES: &[__message::Entry] = &[
                    __message::FieldDesc::new(
                            1,
                            "value0",
                            "value0",
                            <u32 as __message::Field<__message::Auto>>::SHAPE,
                        )
                        .entry(),
                    __message::FieldDesc::new(
                            2,
                            "value1",
                            "value1",
                            <String as __message::Field<__message::Auto>>::SHAPE,
                        )
                        .entry(),
                ];
                &__message::MessageDesc::new("greeter.v1.GreetError.Weary", ENTRIES)
            };
            fn visit<V: __message::Visit>(&self, visitor: &mut V) {
                <u32 as __message::Field<
                    __message::Auto,
                >>::show(&self.value0, visitor, &Self::DESC.entries[0], 1);
                <String as __message::Field<
                    __message::Auto,
                >>::show(&self.value1, visitor, &Self::DESC.entries[1], 2);
            }
            fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
                let mut slot_0: <u32 as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
                let mut slot_1: <String as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
                while let ::core::option::Option::Some(tag) = source.next()? {
                    match tag {
                        1 => {
                            <u32 as __message::Field<
                                __message::Auto,
                            >>::receive(&mut slot_0, source)?
                        }
                        2 => {
                            <String as __message::Field<
                                __message::Auto,
                            >>::receive(&mut slot_1, source)?
                        }
                        _ => source.unknown(::core::option::Option::None)?,
                    }
                }
                ::core::result::Result::Ok(Self {
                    value0: <u32 as __message::Field<
                        __message::Auto,
                    >>::complete(slot_0, source, 1)?,
                    value1: <String as __message::Field<
                        __message::Auto,
                    >>::complete(slot_1, source, 2)?,
                })
            }
        }
        impl __message::Serialize for __MicroTired {
            fn serialize<S: __message::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                __message::serialize(self, serializer)
            }
        }
        impl<'de> __message::Deserialize<'de> for __MicroTired {
            fn deserialize<D: __message::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                __message::deserialize(deserializer)
            }
        }
        __message::submit! {
            __message::RegisteredMessage::of:: < __MicroTired > ()
        }
    };
    struct __MicroAsleep {}
    const _: () = {
        use ::micro::__private::message as __message;
        impl __message::Message for __MicroAsleep {
            const DESC: &'static __message::MessageDesc = {
                const ENTRIES: &[__message::Entry] = &[];
                &__message::MessageDesc::new("greeter.v1.GreetError.Asleep", ENTRIES)
            };
            fn visit<V: __message::Visit>(&self, _: &mut V) {}
            fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
                while let ::core::option::Option::Some(tag) = source.next()? {
                    match tag {
                        _ => source.unknown(::core::option::Option::None)?,
                    }
                }
                ::core::result::Result::Ok(Self {})
            }
        }
        impl __message::Serialize for __MicroAsleep {
            fn serialize<S: __message::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                __message::serialize(self, serializer)
            }
        }
        impl<'de> __message::Deserialize<'de> for __MicroAsleep {
            fn deserialize<D: __message::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                __message::deserialize(deserializer)
            }
        }
        __message::submit! {
            __message::RegisteredMessage::of:: < __MicroAsleep > ()
        }
    };
    impl ::core::fmt::Display for GreetError {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            match self {
                Self::Nobody { id: id, .. } => {
                    ::core::write!(formatter, "no person `{id}`, {{really}}")
                }
                Self::Tired { 0: _0, 1: _1, .. } => {
                    ::core::write!(formatter, "greeted {_0} times, {_1:>_0$}")
                }
                Self::Asleep { .. } => ::core::write!(formatter, "asleep"),
                Self::Other { 0: error } => {
                    ::micro::__private::Other::show(error, formatter)
                }
            }
        }
    }
    #[allow(unreachable_patterns)]
    impl ::micro::__private::ServiceError for GreetError {
        const DETAILS: &'static [&'static ::micro::__private::message::MessageDesc] = &[
            <__MicroNobody as ::micro::__private::Message>::DESC,
            <__MicroTired as ::micro::__private::Message>::DESC,
            <__MicroAsleep as ::micro::__private::Message>::DESC,
        ];
        fn into_error(self) -> ::micro::__private::Error {
            let this = match self {
                Self::Other { 0: error } => {
                    return ::micro::__private::Other::into_error(error);
                }
                known => known,
            };
            let text = ::micro::__private::words(&this);
            match this {
                Self::Nobody { id: id, near: near } => {
                    ::micro::__private::fault(
                        ::micro::__private::Code::NotFound,
                        text,
                        &__MicroNobody {
                            id: id,
                            near: near,
                        },
                    )
                }
                Self::Tired { 0: _0, 1: _1 } => {
                    ::micro::__private::fault(
                        ::micro::__private::Code::ResourceExhausted,
                        text,
                        &__MicroTired {
                            value0: _0,
                            value1: _1,
                        },
                    )
                }
                Self::Asleep {} => {
                    ::micro::__private::fault(
                        ::micro::__private::Code::Unavailable,
                        text,
                        &__MicroAsleep {},
                    )
                }
                Self::Other { 0: error } => ::micro::__private::Other::into_error(error),
            }
        }
        fn from_error(error: ::micro::__private::Error) -> Self {
            if let ::core::option::Option::Some(fields) = error.detail::<__MicroNobody>()
            {
                return Self::Nobody {
                    id: fields.id,
                    near: fields.near,
                };
            }
            if let ::core::option::Option::Some(fields) = error.detail::<__MicroTired>()
            {
                return Self::Tired {
                    0: fields.value0,
                    1: fields.value1,
                };
            }
            if let ::core::option::Option::Some(_) = error.detail::<__MicroAsleep>() {
                return Self::Asleep {};
            }
            Self::Other {
                0: ::micro::__private::Other::from_error(error),
            }
        }
    }
    impl ::core::error::Error for GreetError {
        fn source(
            &self,
        ) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
            match self {
                Self::Other { 0: error } => ::micro::__private::Other::cause(error),
                #[allow(unreachable_patterns)]
                _ => ::core::option::Option::None,
            }
        }
    }
    impl ::core::convert::From<::micro::__private::Error> for GreetError {
        fn from(error: ::micro::__private::Error) -> Self {
            ::micro::__private::ServiceError::from_error(error)
        }
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::ErrorConverter(::micro::__private::mapped:: < GreetError >)
    }
};

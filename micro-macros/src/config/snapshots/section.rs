/// How people are greeted.
#[derive(Clone, Debug, PartialEq)]
pub struct Greeter {
    /// What comes before the name.
    pub salutation: String,
    patience: Duration,
    offset: i64,
    password: String,
    r#type: Option<Self>,
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::{config as __config, config::SerdeFallback as _};
    const __FIELDS: &[__config::Field] = &[
        __config::Field {
            secret: __config::FieldCodec::<String>::SECRET,
            default: ::core::option::Option::Some(|| __config::text("Hello")),
            env: &["SALUTATION"],
            flag: ::core::option::Option::Some("salutation"),
            ..__config::Field::new(
                "salutation",
                "What comes before the name.",
                || (__config::FieldCodec::<String>::driver().kind)(),
            )
        },
        __config::Field {
            secret: __config::FieldCodec::<Duration>::SECRET,
            default: ::core::option::Option::Some(|| {
                let value: Duration = Duration::from_secs(2);
                (__config::FieldCodec::<Duration>::driver().write)(&value)
            }),
            ..__config::Field::new(
                "patience",
                "",
                || (__config::FieldCodec::<Duration>::driver().kind)(),
            )
        },
        __config::Field {
            secret: __config::FieldCodec::<i64>::SECRET,
            default: ::core::option::Option::Some(|| __config::Value::Integer(-1)),
            env: &["A", "B"],
            reload: __config::Reload::Restart,
            ..__config::Field::new(
                "offset",
                "",
                || (__config::FieldCodec::<i64>::driver().kind)(),
            )
        },
        __config::Field {
            secret: __config::FieldCodec::<String>::SECRET,
            default: ::core::option::Option::Some(|| (__config::FieldCodec::<
                String,
            >::driver()
                .write)(&<String as ::core::default::Default>::default())),
            ..__config::Field::new(
                "password",
                "",
                || (__config::FieldCodec::<String>::driver().kind)(),
            )
        },
        __config::Field {
            secret: __config::FieldCodec::<Option<Greeter>>::SECRET,
            deprecated: ::core::option::Option::Some("use `tone`"),
            ..__config::Field::new(
                "kind",
                "",
                || (__config::FieldCodec::<Option<Greeter>>::driver().kind)(),
            )
        },
    ];
    fn __read(mut fields: __config::Fields<'_>) -> ::core::option::Option<Greeter> {
        let value0 = fields.read(0usize, __config::FieldCodec::<String>::driver(), &[]);
        let value1 = fields
            .read(
                1usize,
                __config::FieldCodec::<Duration>::driver(),
                &[
                    &|value| __config::check::range(value, "10ms"..="1m"),
                    &|value| __config::check::with(whole(value)),
                    &|value| __config::check::with((|time| even(time))(value)),
                ],
            );
        let value2 = fields.read(2usize, __config::FieldCodec::<i64>::driver(), &[]);
        let value3 = fields
            .read(
                3usize,
                __config::FieldCodec::<String>::driver(),
                &[
                    &|value| __config::check::length(value, 8..),
                    &|value| __config::check::regex(value, "^[!-~]*$"),
                ],
            );
        let value4 = fields
            .read(4usize, __config::FieldCodec::<Option<Greeter>>::driver(), &[]);
        fields
            .whole(
                Greeter {
                    salutation: value0?,
                    patience: value1?,
                    offset: value2?,
                    password: value3?,
                    r#type: value4?,
                },
                |value| __config::check::with(Greeter::check(value)),
            )
    }
    impl __config::Setting for Greeter {
        fn kind() -> __config::Kind {
            __config::Kind::Section(__FIELDS)
        }
        fn read(
            node: &__config::Node,
            reader: &mut __config::Reader,
        ) -> ::core::option::Option<Self> {
            __read(reader.section(node, __FIELDS)?)
        }
        fn write(&self) -> __config::Value {
            __config::write_section(
                __FIELDS,
                [
                    (__config::FieldCodec::<String>::driver().write)(&self.salutation),
                    (__config::FieldCodec::<Duration>::driver().write)(&self.patience),
                    (__config::FieldCodec::<i64>::driver().write)(&self.offset),
                    (__config::FieldCodec::<String>::driver().write)(&self.password),
                    (__config::FieldCodec::<Option<Greeter>>::driver()
                        .write)(&self.r#type),
                ],
            )
        }
        fn absent(reader: &mut __config::Reader) -> ::core::option::Option<Self> {
            __read(reader.empty_section(__FIELDS))
        }
    }
    impl __config::Section for Greeter {
        const DESC: __config::SectionDesc = __config::SectionDesc {
            name: "Greeter",
            prefix: "greeter",
            doc: "How people are greeted.",
            declared: ::core::concat!(::core::file!(), ":", ::core::line!()),
            fields: __FIELDS,
        };
    }
    ::micro::__private::inventory::submit! {
        __config::SectionEntry::of:: < Greeter > ()
    }
    impl ::core::default::Default for Greeter {
        fn default() -> Self {
            __config::declared_default()
        }
    }
};

//! The expansion needs no prelude, names nothing of the author's, and finds `micro` under another name.

// Everything here shadows what a careless expansion would use.
mod shadowed {
    #![no_implicit_prelude]
    #![allow(dead_code, reason = "only compiled")]

    struct Option;
    struct Some;
    struct Result;
    struct Message;
    struct Vec;
    struct Default;
    mod core {}
    mod std {}
    mod micro {}

    #[::micro::message]
    struct Record {
        tag: u32,
        source: u64,
        visitor: ::std::string::String,
        slot_0: ::std::vec::Vec<u32>,
        #[message(fixed)]
        value: ::std::option::Option<u32>,
    }

    #[::micro::message]
    enum Number {
        One,
        Two,
        Unknown(i32),
    }

    #[::micro::message]
    enum Either {
        Left(u32),
        Right(Record),
        Named {
            visitor: u32,
            source: ::std::option::Option<Record>,
        },
        #[message(default)]
        Neither,
    }

    #[::micro::message]
    struct Unit;

    #[::micro::message]
    struct Both {
        #[message(oneof(1, 2, 3, 5))]
        either: Either,
        #[message(tag = 4)]
        number: Number,
        #[message(unknown)]
        rest: ::micro::message::UnknownFields,
    }
}

mod renamed {
    mod fancy {
        pub(super) use micro as framework;
    }

    #[micro::message(crate = fancy::framework)]
    #[derive(Debug, PartialEq)]
    struct Renamed {
        n: u32,
    }

    #[test]
    fn micro_may_have_another_name() {
        use micro::message::Message as _;
        assert_eq!(Renamed::decode(&[0x08, 0x05]), Ok(Renamed { n: 5 }));
    }
}

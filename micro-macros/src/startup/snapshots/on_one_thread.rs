fn main() -> ::std::process::ExitCode {
    async fn main() {}
    ::micro::__private::main(
        ::micro::__private::Runtime {
            current_thread: true,
            worker_threads: ::core::option::Option::None,
        },
        main(),
    )
}

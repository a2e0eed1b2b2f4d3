fn main() -> ::std::process::ExitCode {
    async fn main() -> Result<()> {
        micro::run().await
    }
    ::micro::__private::main(
        ::micro::__private::Runtime {
            current_thread: false,
            worker_threads: ::core::option::Option::None,
        },
        main(),
    )
}

//! What prost-build and tonic's generator write for `contract.proto`, shortened where they repeat themselves: the benchmark
//! needs no protoc that way.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Text {
    #[prost(string, tag = "1")]
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Many {
    #[prost(uint64, tag = "1")]
    pub items: u64,
    #[prost(bool, tag = "2")]
    pub yielding: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Number {
    #[prost(uint64, tag = "1")]
    pub value: u64,
}

pub mod bench_client {
    use http::uri::PathAndQuery;
    use tonic::client::Grpc;
    use tonic::transport::Channel;
    use tonic::{GrpcMethod, IntoRequest, IntoStreamingRequest, Response, Status, Streaming};
    use tonic_prost::ProstCodec;

    use super::{Many, Number, Text};

    #[derive(Clone, Debug)]
    pub struct BenchClient {
        inner: Grpc<Channel>,
    }

    impl BenchClient {
        pub fn new(channel: Channel) -> Self {
            BenchClient { inner: Grpc::new(channel) }
        }

        async fn ready(&mut self) -> Result<(), Status> {
            self.inner.ready().await.map_err(|error| Status::unknown(format!("Service was not ready: {error}")))
        }

        pub async fn say(&mut self, request: impl IntoRequest<Text>) -> Result<Response<Text>, Status> {
            self.ready().await?;
            let mut request = request.into_request();
            request.extensions_mut().insert(GrpcMethod::new("bench.Bench", "Say"));
            self.inner.unary(request, PathAndQuery::from_static("/bench.Bench/Say"), ProstCodec::default()).await
        }

        pub async fn count(&mut self, request: impl IntoRequest<Many>) -> Result<Response<Streaming<Number>>, Status> {
            self.ready().await?;
            let mut request = request.into_request();
            request.extensions_mut().insert(GrpcMethod::new("bench.Bench", "Count"));
            let path = PathAndQuery::from_static("/bench.Bench/Count");
            self.inner.server_streaming(request, path, ProstCodec::default()).await
        }

        pub async fn echo(
            &mut self,
            request: impl IntoStreamingRequest<Message = Text>,
        ) -> Result<Response<Streaming<Text>>, Status> {
            self.ready().await?;
            let mut request = request.into_streaming_request();
            request.extensions_mut().insert(GrpcMethod::new("bench.Bench", "Echo"));
            self.inner.streaming(request, PathAndQuery::from_static("/bench.Bench/Echo"), ProstCodec::default()).await
        }
    }
}

pub mod bench_server {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use tonic::body::Body;
    use tonic::codegen::{BoxFuture, Service, http};
    use tonic::server::{Grpc, NamedService, ServerStreamingService, StreamingService, UnaryService};
    use tonic::{Request, Response, Status, Streaming};
    use tonic_prost::ProstCodec;

    use super::{Many, Number, Text};

    #[tonic::async_trait]
    pub trait Bench: Send + Sync + 'static {
        async fn say(&self, request: Request<Text>) -> Result<Response<Text>, Status>;

        type CountStream: tokio_stream::Stream<Item = Result<Number, Status>> + Send + 'static;

        async fn count(&self, request: Request<Many>) -> Result<Response<Self::CountStream>, Status>;

        type EchoStream: tokio_stream::Stream<Item = Result<Text, Status>> + Send + 'static;

        async fn echo(&self, request: Request<Streaming<Text>>) -> Result<Response<Self::EchoStream>, Status>;
    }

    #[derive(Debug)]
    pub struct BenchServer<T> {
        inner: Arc<T>,
    }

    impl<T> BenchServer<T> {
        pub fn new(inner: T) -> Self {
            BenchServer { inner: Arc::new(inner) }
        }
    }

    impl<T> Clone for BenchServer<T> {
        fn clone(&self) -> Self {
            BenchServer { inner: self.inner.clone() }
        }
    }

    impl<T> NamedService for BenchServer<T> {
        const NAME: &'static str = "bench.Bench";
    }

    struct Say<T>(Arc<T>);

    impl<T: Bench> UnaryService<Text> for Say<T> {
        type Response = Text;
        type Future = BoxFuture<Response<Text>, Status>;

        fn call(&mut self, request: Request<Text>) -> Self::Future {
            let inner = Arc::clone(&self.0);
            Box::pin(async move { T::say(&inner, request).await })
        }
    }

    struct Count<T>(Arc<T>);

    impl<T: Bench> ServerStreamingService<Many> for Count<T> {
        type Response = Number;
        type ResponseStream = T::CountStream;
        type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

        fn call(&mut self, request: Request<Many>) -> Self::Future {
            let inner = Arc::clone(&self.0);
            Box::pin(async move { T::count(&inner, request).await })
        }
    }

    struct Echo<T>(Arc<T>);

    impl<T: Bench> StreamingService<Text> for Echo<T> {
        type Response = Text;
        type ResponseStream = T::EchoStream;
        type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

        fn call(&mut self, request: Request<Streaming<Text>>) -> Self::Future {
            let inner = Arc::clone(&self.0);
            Box::pin(async move { T::echo(&inner, request).await })
        }
    }

    impl<T: Bench> Service<http::Request<Body>> for BenchServer<T> {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Self::Error>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            let inner = self.inner.clone();
            match request.uri().path() {
                "/bench.Bench/Say" => Box::pin(async move {
                    let method = Say(inner);
                    Ok(Grpc::new(ProstCodec::default()).unary(method, request).await)
                }),
                "/bench.Bench/Count" => Box::pin(async move {
                    let method = Count(inner);
                    Ok(Grpc::new(ProstCodec::default()).server_streaming(method, request).await)
                }),
                "/bench.Bench/Echo" => Box::pin(async move {
                    let method = Echo(inner);
                    Ok(Grpc::new(ProstCodec::default()).streaming(method, request).await)
                }),
                _ => Box::pin(async move { Ok(Status::unimplemented("").into_http()) }),
            }
        }
    }
}

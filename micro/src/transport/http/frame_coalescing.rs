//! Small frames, gathered into larger ones.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use super::read_detector::{FRAME_INTERVAL, MAX_BURST, PeerActivity, ReadDetector};
use crate::util::clock::{self, Instant, Sleep};

/// Minimum size of a frame that h2 does not count as overhead; h2 ends a connection with `too_many_data_frames` once too many
/// smaller ones wait to be read.
const MIN_FRAME: usize = 256;
/// Receive window of a connection. h2 tolerates one waiting small frame for every 512 bytes of it: ten thousand, more than all
/// streams of a connection may send at once.
pub(super) const CONNECTION_WINDOW: u32 = 5 * 1024 * 1024;

/// A body whose small frames leave at once while they are few, and together once they are many.
///
/// A stream that gets one item per wake-up writes one small frame each. Nothing is delayed in the first 64 of them, nor in
/// a stream of less than a hundred a second, nor once 256 bytes are there; what remains waits for at most 10 ms. Answers
/// to a peer that waits for each leave at once, but for one that is held back now and then: see [`ReadDetector`].
///
/// h2 counts on the receiving side and for a whole connection: a frame of less than 256 bytes that is not the last of its
/// stream adds what it lacks to them, and takes it away again when the program there reads it or drops the stream; longer
/// ones take away what they have beyond. More than half of the connection's window of it is too much: 2.5 MiB, or ten
/// thousand frames, with the defaults of hyper's clients, two thousand with those of its servers, and 130 with those of
/// h2 itself.
#[derive(Debug)]
pub(super) struct CoalescingBody<B> {
    inner: B,
    gathered: BytesMut,
    // What came behind the gathered bytes and leaves after them.
    behind: Option<Frame<Bytes>>,
    allowance: Allowance,
    detector: Option<ReadDetector>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<B> CoalescingBody<B> {
    /// The small frames of `inner`, which go to a peer that `activity` tells of where it sends a stream too.
    pub(super) fn new(inner: B, activity: Option<PeerActivity>) -> Self {
        let allowance = Allowance { left: MAX_BURST, since: None };
        let detector = activity.map(ReadDetector::new);
        CoalescingBody { inner, gathered: BytesMut::new(), behind: None, allowance, detector, pause: None }
    }

    fn flush(&mut self) -> Frame<Bytes> {
        self.pause = None;
        if let Some(detector) = &mut self.detector {
            detector.join(clock::now());
        }
        Frame::data(self.gathered.split().freeze())
    }

    // Whether a small frame may leave as it came.
    fn allows(&mut self) -> bool {
        let Some(detector) = &mut self.detector else { return self.allowance.take(clock::now()) };
        let now = clock::now();
        if detector.pass(now) {
            return true;
        }
        let allowed = !detector.is_due() && self.allowance.take(now);
        if allowed {
            detector.leave(now);
        } else {
            detector.hold(now);
        }
        allowed
    }

    // What leaves now that `frame` has come; nothing while it is gathered.
    fn pass(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let small = frame.data_ref().is_some_and(|data| data.len() < MIN_FRAME);
        if self.gathered.is_empty() && (!small || self.allows()) {
            return Some(frame);
        }
        match frame.into_data() {
            Ok(data) if small => self.gathered.extend_from_slice(&data),
            Ok(data) => self.behind = Some(Frame::data(data)),
            Err(trailers) => self.behind = Some(trailers),
        }
        (self.behind.is_some() || self.gathered.len() >= MIN_FRAME).then(|| self.flush())
    }

    // What is gathered, once its time has come.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Frame<Bytes>> {
        let now = clock::now();
        let until = self.detector.as_mut().and_then(|detector| detector.until(now));
        let until = until.unwrap_or_else(|| self.pause.as_ref().map_or(now + FRAME_INTERVAL, |pause| pause.deadline()));
        let pause = self.pause.get_or_insert_with(|| Box::pin(clock::sleep_until(until)));
        if pause.deadline() != until {
            pause.as_mut().reset(until);
        }
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        if let Some(detector) = &mut self.detector {
            detector.release(clock::now());
        }
        Poll::Ready(Frame::data(self.gathered.split().freeze()))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for CoalescingBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        if let Some(frame) = this.behind.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
        loop {
            match Pin::new(&mut this.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(frame) = this.pass(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(None) if !this.gathered.is_empty() => return Poll::Ready(Some(Ok(this.flush()))),
                Poll::Ready(end) => return Poll::Ready(end),
                Poll::Pending if this.gathered.is_empty() => return Poll::Pending,
                Poll::Pending => return this.poll_pause(cx).map(|frame| Some(Ok(frame))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.gathered.is_empty() && self.behind.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.gathered.is_empty() && self.behind.is_none() { self.inner.size_hint() } else { SizeHint::default() }
    }
}

/// Number of small frames that may still be sent without coalescing.
#[derive(Debug)]
struct Allowance {
    left: u32,
    since: Option<Instant>,
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let earned = u32::try_from((now - since).as_millis() / FRAME_INTERVAL.as_millis()).unwrap_or(u32::MAX);
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(MAX_BURST);
            self.since = Some(now);
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream::{self, Stream, StreamExt};
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    type Frames = Vec<usize>;

    async fn frames(items: impl Stream<Item = Bytes> + Send + 'static) -> Frames {
        let items = items.map(|data| Ok::<_, Infallible>(Frame::data(data))).boxed();
        let mut body = CoalescingBody::new(StreamBody::new(items), None);
        let mut sizes = Frames::new();
        while let Some(frame) = body.frame().await {
            sizes.push(frame.unwrap().into_data().unwrap().len());
        }
        sizes
    }

    // Yields an item and then nothing until it is polled again.
    fn one_per_wake_up(count: usize, size: usize) -> impl Stream<Item = Bytes> {
        stream::iter(0..count).then(move |_| async move {
            tokio::task::yield_now().await;
            Bytes::from(vec![7; size])
        })
    }

    #[tokio::test(start_paused = true)]
    async fn few_small_frames_leave_as_they_come() {
        assert_eq!(frames(one_per_wake_up(60, 10)).await, vec![10; 60]);
        let slow = stream::iter(0..300).then(|_| async {
            clock::sleep(FRAME_INTERVAL).await;
            Bytes::from_static(b"tick")
        });
        assert_eq!(frames(slow).await.len(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn many_small_frames_leave_together_and_none_is_lost() {
        let sizes = frames(one_per_wake_up(100_000, 10)).await;
        assert_eq!(sizes.iter().sum::<usize>(), 1_000_000);
        assert!(sizes.iter().filter(|size| **size < MIN_FRAME).count() < 200, "{}", sizes.len());
    }

    #[tokio::test(start_paused = true)]
    async fn large_frames_and_trailers_keep_their_place() {
        let small = vec![Bytes::from_static(b"s"); MAX_BURST as usize + 1];
        let items = small.into_iter().chain([Bytes::from(vec![1; 1_000]), Bytes::from_static(b"s")]);
        let items = items.map(|data| Ok::<_, Infallible>(Frame::data(data)));
        let items = items.chain([Ok(Frame::trailers(http::HeaderMap::new()))]);
        let mut body = CoalescingBody::new(StreamBody::new(stream::iter(items)), None);
        let mut kinds = Vec::new();
        while let Some(frame) = body.frame().await {
            kinds.push(frame.unwrap().into_data().map_or(0, |data| data.len()));
        }
        assert_eq!(kinds[MAX_BURST as usize..], [1, 1_000, 1, 0]);
    }
}

#[cfg(test)]
mod peer_tests {
    use std::time::Duration;

    use futures_util::stream;
    use http_body_util::{BodyExt, StreamBody};
    use tokio::sync::mpsc;

    use super::*;
    use crate::transport::http::read_detector::{ActivityCounter, MAX_UNPROVEN};
    use crate::util::spawn;

    /// A peer that says something and is answered; what it has not read of that is counted.
    struct Peer {
        says: mpsc::UnboundedSender<()>,
        answered: mpsc::UnboundedReceiver<usize>,
        _answering: spawn::Task<()>,
    }

    impl Peer {
        fn new() -> Self {
            let (says, mut said) = mpsc::unbounded_channel();
            let (answers, answered) = mpsc::unbounded_channel();
            let mut counter = ActivityCounter::default();
            let activity = counter.activity();
            let items = stream::poll_fn(move |cx| {
                let polled = said.poll_recv(cx);
                counter.note(&polled);
                polled
                    .map(|said| said.map(|()| Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from_static(b"x")))))
            });
            let mut body = CoalescingBody::new(StreamBody::new(items), Some(activity));
            let answering = spawn::spawn(async move {
                while let Some(Ok(frame)) = body.frame().await {
                    let _ = answers.send(frame.into_data().map_or(0, |data| data.len()));
                }
            });
            Peer { says, answered, _answering: answering }
        }

        /// Speaks `times`, every so often, and reads nothing: how many frames wait for it in the end.
        async fn floods(&mut self, times: usize, every: Duration) -> usize {
            for _ in 0..times {
                self.says.send(()).unwrap();
                clock::sleep(every).await;
            }
            std::iter::from_fn(|| self.answered.try_recv().ok()).count()
        }

        /// Speaks, awaits the answer, and so on, thinking between: how long that takes.
        async fn talks(&mut self, detector: u32, thinking: Duration) -> Duration {
            let begun = clock::now();
            for _ in 0..detector {
                self.says.send(()).unwrap();
                assert_eq!(self.answered.recv().await, Some(1));
                clock::sleep(thinking).await;
            }
            clock::now() - begun
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_waits_for_its_answers_gets_them_at_once() {
        for thinking in [1, 2, 5] {
            let thinking = Duration::from_millis(thinking);
            let took = Peer::new().talks(10_000, thinking).await;
            assert!(took < (thinking + thinking / 20) * 10_000, "{took:?}, {thinking:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_goes_on_without_waiting_gets_them_together() {
        for every in [1, 2, 4] {
            let every = Duration::from_millis(every);
            let mut peer = Peer::new();
            let seconds = (every * 20_000).as_secs() as usize;
            let frames = peer.floods(20_000, every).await;
            // Those of the beginning, and then as many as of any other: one for each pause, and one it has earned meanwhile.
            assert!(frames < 300 + 200 * seconds, "{frames} in {seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_waited_and_goes_on_is_found_out() {
        let mut peer = Peer::new();
        let thinking = Duration::from_millis(1);
        peer.talks(5_000, thinking).await;
        let frames = peer.floods(20_000, thinking).await;
        assert!(frames < 300 + MAX_UNPROVEN as usize + 200 * 20, "{frames}");
        // And may change its mind.
        clock::sleep(FRAME_INTERVAL * 2).await;
        peer.floods(0, FRAME_INTERVAL).await;
        let took = peer.talks(10_000, thinking).await;
        assert!(took < thinking * 12_000, "{took:?}");
    }
}

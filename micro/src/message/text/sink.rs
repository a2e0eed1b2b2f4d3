//! The writing side of a format.

/// Takes a value, one piece after the other. Implemented once per format.
///
/// A list is [`begin_list`](Sink::begin_list), then for each element [`element`](Sink::element) and the value, then
/// [`end_list`](Sink::end_list). An object is the same with [`key`](Sink::key).
pub trait Sink {
    /// Writes a null.
    fn null(&mut self);
    /// Yes or no.
    fn boolean(&mut self, value: bool);
    /// A whole number that is not negative.
    fn unsigned(&mut self, value: u64);
    /// A whole number.
    fn signed(&mut self, value: i64);
    /// A number in 32 bits.
    fn float32(&mut self, value: f32);
    /// A number.
    fn float64(&mut self, value: f64);
    /// Text.
    fn text(&mut self, value: &str);
    /// Bytes. Asked of formats only whose [`Dialect`](super::Dialect) is `binary`.
    fn bytes(&mut self, value: &[u8]);
    /// A list begins.
    fn begin_list(&mut self);
    /// An element of the list follows.
    fn element(&mut self);
    /// The list ends.
    fn end_list(&mut self);
    /// An object begins.
    fn begin_object(&mut self);
    /// A member of the object follows.
    fn key(&mut self, key: &str);
    /// The object ends.
    fn end_object(&mut self);
}

// Package engine keeps the log: what an event is, and that none is ever lost or changed.
//
// The words, one per thing, here as in the JSON, the pages and the README:
//
//   - An event is one recorded action: actor, action, operation, result, resources, source, details.
//   - A tenant is whose log it is; a hard wall for every read.
//   - The log is the durable, append-only sequence of events. The index (package annals/index) finds
//     in it and can be thrown away and rebuilt.
//   - A window is a stretch of the log by order of arrival: one directory with one store and its index segments.
//   - A sequence number (seq) is an event's position in the log, from 0, without gaps, and its Merkle leaf number.
//   - A group is what one commit made durable: events with consecutive seqs, one fsync.
//   - A follower reads the log in order with a cursor of its own.
//   - The tail is what is durable and not yet in the index; searches read it too.
//   - A checkpoint is a signed tree size and root hash.
//
// FORMAT.md draws what is on disk.
package engine

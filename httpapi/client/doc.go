// Package client is the command line: every annals command that asks a running server over HTTP.
//
// Run dispatches one command line to the table that Commands returns; main adds its own commands (serve and the like) to that
// table and calls Main. A command declares its flags, parses them, and returns an error; Main turns the error into
// one clear sentence and an exit status: 0 done, 1 failed or something was refused, 2 wrong usage, 130 interrupted.
//
// Whatever an event says is written to the terminal through visible or harmless, so that no event can move the cursor,
// change colours or reorder text.
package client

// Package sdktest drives the real binary with the vendor's own Go SDK, unmodified. It is a module of its own, so that the SDK is no dependency of
// the server's.
package sdktest

// Package sdktest shows that the vendor's own Go SDK, as it is published, works against this server: its tests build the program, start it, and drive
// it with the SDK's clients for RDS and IAM.
//
// It is a module of its own, so that the SDK and what that needs are not in the module of the server. How to run it, and what else the room answers,
// is in the README of the room.
package sdktest

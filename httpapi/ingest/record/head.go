package record

import "bytes"

// Head returns the first object of a file's head, for Detect to look at: of JSON lines, of an array, or of a wrapper's array
// when the name of its member is one of wrappers. Of a record that the head cuts it has the members up to there. Without any it
// has no members.
func Head(head []byte, wrappers ...string) Object {
	head = bytes.TrimPrefix(head, byteOrderMark)
	if i := space(head, 0); i < len(head) && head[i] == '[' {
		head = head[i+1:]
	}
	o := object(head)
	for _, name := range wrappers {
		if list := o.Get(name); len(list) > 0 && list[0] == '[' {
			return object(list[1:])
		}
	}
	return o
}

package record

// RowID returns the ID of a row that a query put out, such as one of Log Analytics. The query chose the row's columns and may have made
// several rows of one event, so that the event's own ID does not stand for the row's content: a digest of that is added.
func RowID(own, format string, raw []byte) string {
	if own == "" {
		return DeriveID(format, raw)
	}
	return OwnID(DeriveID(own, raw), format, raw)
}

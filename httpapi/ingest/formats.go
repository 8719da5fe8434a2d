package ingest

// formats is the table, in the order of the names.
var formats = []Format{}

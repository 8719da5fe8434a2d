package enos

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

// digits is a number as it was written, in a JSON number or, as the tables of parameters have some, in a string; "": it is null or not there.
type digits string

// UnmarshalJSON implements json.Unmarshaler.
func (d *digits) UnmarshalJSON(value []byte) error {
	switch jsontext.Value(value).Kind() {
	case 'n':
		*d = ""
		return nil
	case '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
		*d = digits(text)
		return nil
	case '0':
		*d = digits(value)
		return nil
	}
	return errNoNumber
}

var errNoNumber = errors.New("neither a number nor a string")

// whole returns the number when it is a whole one. Some libraries write large ones as 1.6267968E12.
func (d digits) whole() (n int64, ok bool) {
	n, err := strconv.ParseInt(string(d), 10, 64)
	if err == nil {
		return n, true
	}
	if strings.Trim(string(d), "0123456789.+-eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// logRequest is what both logs are asked with. Of the pagination's members sorters is not supported by the Application Portal, and left aside.
type logRequest struct {
	StartTime  digits `json:"startTime"`
	EndTime    digits `json:"endTime"`
	Pagination *page  `json:"pagination"`

	// One of the vendor's samples has these outside of the pagination.
	PageNo   digits `json:"pageNo"`
	PageSize digits `json:"pageSize"`
}

type page struct {
	PageNo   digits `json:"pageNo"` // from 0
	PageSize digits `json:"pageSize"`
}

// defaultPageSize is the vendor's when there is no pagination. It is also the largest: the vendor names none.
const defaultPageSize = engine.MaxPage

// decode reads a body into v. Members that v does not have are left aside.
func decode(body []byte, v any) error { return json.Unmarshal(body, v) }

// readLogRequest reads times and page into a query.
func readLogRequest(body []byte) (q engine.Query, err error) {
	var asked logRequest
	if err := decode(body, &asked); err != nil {
		return q, wrong("The body is not the JSON that is wanted")
	}
	start, err := readTime("startTime", asked.StartTime)
	if err != nil {
		return q, err
	}
	end, err := readTime("endTime", asked.EndTime)
	if err != nil {
		return q, err
	}
	if end.Before(start) {
		return q, wrong("startTime is after endTime")
	}
	at := page{asked.PageNo, asked.PageSize}
	if asked.Pagination != nil {
		at = *asked.Pagination
	}
	number, err := readCount("pageNo", at.PageNo, 0, 0, engine.MaxSkip)
	if err != nil {
		return q, err
	}
	size, err := readCount("pageSize", at.PageSize, defaultPageSize, 1, engine.MaxPage)
	if err != nil {
		return q, err
	}
	// The end is within: clients ask until the last second of a day.
	return engine.Query{From: start, To: end.Add(time.Millisecond), Desc: true, Limit: size, Page: number + 1}, nil
}

// lastMillis is the last of the year 9999, which is further than any event.
const lastMillis = 253402300799999

func readTime(name string, d digits) (time.Time, error) {
	if d == "" {
		return time.Time{}, wrong("%s is required", name)
	}
	n, ok := d.whole()
	if !ok || n < 0 || n > lastMillis {
		return time.Time{}, wrong("%s is not a time in milliseconds", name)
	}
	return time.UnixMilli(n).UTC(), nil
}

func readCount(name string, d digits, otherwise, least, most int) (int, error) {
	if d == "" {
		return otherwise, nil
	}
	n, ok := d.whole()
	if !ok || n < int64(least) || n > int64(most) {
		return 0, wrong("pagination: %s is not a number from %d to %d", name, least, most)
	}
	return int(n), nil
}

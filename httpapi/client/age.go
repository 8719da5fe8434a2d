package client

import (
	"fmt"
	"strconv"
	"time"
)

// ParseAge reads a duration with days, weeks and years besides Go's units; "" and "0" are none.
func ParseAge(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}
	if text == "" || text == "0" {
		return 0, nil
	}
	if unit, ok := units[text[len(text)-1]]; ok {
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
		if age := time.Duration(n) * unit; err == nil && age/unit == time.Duration(n) && age > 0 {
			return age, nil
		}
	} else if age, err := time.ParseDuration(text); err == nil && age > 0 {
		return age, nil
	}
	return 0, fmt.Errorf("%q is not an age such as 12h, 90d, 8w or 1y", text)
}

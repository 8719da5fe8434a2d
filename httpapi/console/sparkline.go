package console

import (
	"math"
	"strconv"
)

// The sparkline's drawing area, in SVG units.
const (
	sparkWidth  = 120
	sparkHeight = 24
)

// sparkline is the path of a small histogram: a bar for each count, the highest as high as the drawing.
func sparkline(counts []uint64) string {
	var most uint64
	for _, n := range counts {
		most = max(most, n)
	}
	var path []byte
	step := sparkWidth / float64(len(counts))
	for i, n := range counts {
		if n == 0 {
			continue
		}
		tall := math.Max(1.5, float64(n)/float64(most)*sparkHeight) // a single event is still seen
		path = strconv.AppendFloat(append(path, 'M'), float64(i)*step, 'f', 1, 64)
		path = strconv.AppendInt(append(path, ' '), sparkHeight, 10)
		path = strconv.AppendFloat(append(path, 'v'), -tall, 'f', 1, 64)
		path = strconv.AppendFloat(append(path, 'h'), math.Max(1, step-1), 'f', 1, 64)
		path = strconv.AppendFloat(append(path, 'v'), tall, 'f', 1, 64)
		path = append(path, 'z')
	}
	return string(path)
}

package source

func (s *stream) parquet(in *input) { s.unknown(in, "Parquet") }

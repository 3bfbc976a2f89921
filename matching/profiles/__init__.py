"""What is asked of people, and how their answers are read, checked and named. Light: the standard
library and YAML only."""

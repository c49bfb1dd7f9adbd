"""What is published: data and pages that are made of the specification, the mutants and the results, and committed."""

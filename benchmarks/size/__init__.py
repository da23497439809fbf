"""What is asked each second, on each page and each night, while the tables are as large as they become."""

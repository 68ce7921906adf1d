print("avprep")

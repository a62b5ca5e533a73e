//! Units (承办单位), duty officers and leaders, and how to reach them.
